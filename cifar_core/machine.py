"""What this machine can train on, found without importing torch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import takewhile
from typing import Any, TypeVar

import psutil

from cifar_core.errors import SpecError

GIB = 2**30
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Gpu:
    """An NVIDIA GPU as its driver tells of it."""

    name: str
    memory: int
    """Bytes."""

    @property
    def title(self) -> str:
        """Name and memory: "NVIDIA H100 80GB HBM3, 79.6 GiB"."""
        return f"{self.name}, {self.memory / GIB:.1f} GiB"


@dataclass(frozen=True, slots=True)
class GpuLoad:
    """What a GPU does right now, for whoever uses it."""

    name: str
    used: int
    """Bytes of its memory in use."""
    memory: int
    """Bytes."""
    busy: float | None
    """Share of the last moment in which it computed, in 0..1; None where the driver does not tell."""

    @property
    def sentence(self) -> str:
        """For a person."""
        used, memory = self.used / GIB, self.memory / GIB
        busy = "" if self.busy is None else f", busy {100 * self.busy:.0f} % of the time"
        return f"{self.name}: {used:.1f} of {memory:.1f} GiB in use{busy}"


@cache
def gpus() -> tuple[Gpu, ...]:
    """The GPUs that PyTorch can use: reported by the driver, not hidden from CUDA, and its build is made for them."""
    if version("torch").endswith("+cpu"):
        return ()
    return _of_each_gpu(
        lambda nvml, gpu: Gpu(str(nvml.nvmlDeviceGetName(gpu)), nvml.nvmlDeviceGetMemoryInfo(gpu).total)
    )


def gpu_load() -> tuple[GpuLoad, ...]:
    """The load of every GPU now; empty where there is none, or the driver does not tell."""
    return _of_each_gpu(_load) if gpus() else ()


def machine_title() -> str:
    """The GPUs, or the processor: "NVIDIA H100 80GB HBM3, 79.6 GiB" or "CPU, 2 cores, 23.4 GiB, no GPU"."""
    return "; ".join(gpu.title for gpu in gpus()) or f"{cpu_title()}, no GPU"


def cpu_title() -> str:
    """The processor's cores and the machine's memory."""
    return f"CPU, {os.cpu_count()} cores, {psutil.virtual_memory().total / GIB:.1f} GiB"


def device_titles() -> dict[str, str]:
    """What a run may train on, by the words of `TrainingSpec.device`; "cuda" only where there is a GPU."""
    titles = {"auto": f"Automatic: {'GPU' if gpus() else 'CPU'}", "cpu": cpu_title()}
    # A run takes the first one.
    return titles | ({"cuda": gpus()[0].title} if gpus() else {})


def training_device(wanted: str) -> str:
    """Where a run of `device` "auto", "cpu" or "cuda" trains: "cuda" or "cpu"."""
    return "cuda" if wanted != "cpu" and gpus() else "cpu"


def require_device(wanted: str) -> None:
    """Says so before a run is made, rather than after, if there is no such device here.

    Raises:
        SpecError: "cuda" on a machine whose driver reports no GPU.
    """
    if wanted == "cuda" and not gpus():
        raise SpecError('device is "cuda", but there is no GPU here: use "cpu" or "auto".')


def _load(nvml: Any, gpu: Any) -> GpuLoad:
    memory = nvml.nvmlDeviceGetMemoryInfo(gpu)
    busy = None
    with contextlib.suppress(nvml.NVMLError):  # a part of a GPU has none
        busy = nvml.nvmlDeviceGetUtilizationRates(gpu).gpu / 100
    return GpuLoad(str(nvml.nvmlDeviceGetName(gpu)), memory.used, memory.total, busy)


def _visible(count: int) -> list[int]:
    """Which of the driver's GPUs CUDA shows, in its order: `CUDA_VISIBLE_DEVICES`, up to the first that is none."""
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    if shown is None or not all(part.strip().lstrip("-").isdigit() for part in shown.split(",") if shown.strip()):
        return list(range(count))  # named by their long ids: which these are is not told here
    wanted = [int(part) for part in shown.split(",")] if shown.strip() else []
    return list(takewhile(lambda index: 0 <= index < count, wanted))


def _of_each_gpu(ask: Callable[[Any, Any], _Answer]) -> tuple[_Answer, ...]:
    """Asks the driver about each GPU; empty without one, or where it fails."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        indices = _visible(pynvml.nvmlDeviceGetCount())
        return tuple(ask(pynvml, pynvml.nvmlDeviceGetHandleByIndex(index)) for index in indices)
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()
