"""Which arithmetic fits which device; asked without torch, before a run is made."""

from __future__ import annotations

from cifar_core.errors import SpecError
from cifar_core.training.spec import TrainingSpec


def require_precision(spec: TrainingSpec, device_type: str) -> None:
    """Holds mixed precision to a GPU.

    Args:
        spec: how to train.
        device_type: "cpu" or "cuda".

    Raises:
        SpecError: a precision below float32 on a processor.
    """
    if device_type == "cpu" and spec.precision != "float32":
        raise SpecError(
            f'precision is "{spec.precision}", which is for a GPU: a processor is 7 to 10 times slower with it, '
            'so use "float32" there.'
        )
