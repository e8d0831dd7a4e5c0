from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec
from cifar_core.training.precision import require_precision


def test_mixed_precision_is_for_a_gpu() -> None:
    with pytest.raises(SpecError, match=r'^precision is "bfloat16", .* 7 to 10 times slower .* "float32" there\.$'):
        require_precision(TrainingSpec(precision="bfloat16"), "cpu")
    require_precision(TrainingSpec(), "cpu")
    require_precision(TrainingSpec(precision="float16"), "cuda")
