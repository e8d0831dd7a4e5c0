"""Which device trains."""

from __future__ import annotations

import platform

import torch

from cifar_core.errors import SpecError


def resolve_device(wanted: str) -> torch.device:
    """The device for "auto", "cpu" or "cuda".

    Raises:
        SpecError: "cuda" on a machine without a usable GPU.
    """
    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise SpecError('device is "cuda", but PyTorch finds no GPU here: use "cpu" or "auto".')
    return torch.device("cuda" if has_gpu and wanted != "cpu" else "cpu")


def device_title(device: torch.device) -> str:
    """What a run records: the GPU's name, or the processor's kind and the threads used."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} threads)"
