"""Which device trains, and what to do when its memory is full."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cifar_core.errors import SpecError, TrainingError
from cifar_core.training.precision import require_precision
from cifar_core.training.spec import TrainingSpec


def resolve_device(wanted: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda".

    Raises:
        SpecError: "cuda" on a machine without a usable GPU.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise SpecError('device is "cuda", but PyTorch finds no GPU here: use "cpu" or "auto".')
    return torch.device("cuda" if has_gpu and wanted != "cpu" else "cpu")


def device_for(spec: TrainingSpec) -> torch.device:
    """The device that a spec asks for, if it bears the spec's precision.

    Raises:
        SpecError: there is no such device, or it does not.
    """
    device = resolve_device(spec.device)
    require_precision(spec, device.type)
    return device


@contextmanager
def memory_advice(batch_size: int) -> Iterator[None]:
    """Turns the ways in which PyTorch runs out of memory into one sentence.

    Raises:
        TrainingError: what runs inside did so.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        on_gpu = isinstance(error, torch.OutOfMemoryError)
        # A processor's lack of memory has no type of its own.
        if not (on_gpu or isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)):
            raise
        smaller = max(2, batch_size // 2)
        advice = f"try {smaller}" if smaller < batch_size else "try a smaller network"
        where = "GPU" if on_gpu else "machine"
        raise TrainingError(f"The {where} ran out of memory at batch size {batch_size}: {advice}.") from None


def device_title(device: torch.device) -> str:
    """What a run records: the GPU's name, or the processor's kind and the threads used."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU ({platform.machine()}, {threads} thread{'' if threads == 1 else 's'})"
