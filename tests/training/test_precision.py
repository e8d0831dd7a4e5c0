from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec
from cifar_core.training.precision import cpu_precisions, require_precision

AMX = "flags\t\t: fpu sse avx512_bf16 amx_bf16 amx_tile\n"
PLAIN = "flags\t\t: fpu sse avx2 avx512_bf16\n"


@pytest.fixture
def cpuinfo(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    def read_text(path: Path) -> str:
        assert path == Path("/proc/cpuinfo")
        if isinstance(request.param, OSError):
            raise request.param
        text: str = request.param
        return text

    monkeypatch.setattr(Path, "read_text", read_text)
    cpu_precisions.cache_clear()
    yield
    cpu_precisions.cache_clear()


@pytest.mark.parametrize("cpuinfo", [PLAIN, FileNotFoundError("no /proc here")], indirect=True)
def test_mixed_precision_is_not_for_a_plain_processor(cpuinfo: None) -> None:
    assert cpu_precisions() == ("float32",)
    with pytest.raises(SpecError, match=r'^precision is "bfloat16", .* with AMX: .* so use "float32" here\.$'):
        require_precision(TrainingSpec(precision="bfloat16"), "cpu")
    require_precision(TrainingSpec(), "cpu")
    require_precision(TrainingSpec(precision="float16"), "cuda")


@pytest.mark.parametrize("cpuinfo", [AMX], indirect=True)
def test_a_processor_with_matrix_units_trains_in_bfloat16(cpuinfo: None) -> None:
    require_precision(TrainingSpec(precision="bfloat16"), "cpu")
    sentence = 'precision is "float16", which is for a GPU: .* so use "float32" or "bfloat16" here.'
    with pytest.raises(SpecError, match=re.compile(f"^{sentence}$")):
        require_precision(TrainingSpec(precision="float16"), "cpu")
