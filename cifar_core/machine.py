"""What this machine can train on, found without importing torch."""

from __future__ import annotations

import os
from functools import cache


@cache
def gpu_names() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that the driver reports; empty without a driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return tuple(str(pynvml.nvmlDeviceGetName(handle)) for handle in handles)
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()


def machine_title() -> str:
    """The GPU, or the processor's cores: "NVIDIA H100 80GB HBM3" or "CPU, 2 cores, no GPU"."""
    return ", ".join(gpu_names()) or f"CPU, {os.cpu_count()} cores, no GPU"
