"""Which arithmetic fits which device; asked without torch, before a run is made."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

from cifar_core.errors import SpecError
from cifar_core.training.spec import TrainingSpec


@cache
def cpu_precisions() -> tuple[str, ...]:
    """What this machine's processor trains in without a loss of speed.

    With matrix units for bfloat16 (Intel AMX) a step of dense convolutions takes 0.4 to 0.7 times as long as in
    float32; without them 7 to 10 times. Only Linux tells; elsewhere a processor is taken to have none.
    """
    with contextlib.suppress(OSError):
        if "amx_bf16" in Path("/proc/cpuinfo").read_text().split():
            return ("float32", "bfloat16")
    return ("float32",)


def require_precision(spec: TrainingSpec, device_type: str) -> None:
    """Holds mixed precision to devices that it makes faster.

    Args:
        spec: how to train.
        device_type: "cpu" or "cuda".

    Raises:
        SpecError: a precision below float32 on a processor, but for bfloat16 on one with matrix units for it.
    """
    if device_type != "cpu" or spec.precision in cpu_precisions():
        return
    allowed = " or ".join(f'"{precision}"' for precision in cpu_precisions())
    needs = "a GPU" if spec.precision == "float16" else "a GPU or a processor with AMX"
    raise SpecError(
        f'precision is "{spec.precision}", which is for {needs}: this processor would be many times slower with it, '
        f"so use {allowed} here."
    )
