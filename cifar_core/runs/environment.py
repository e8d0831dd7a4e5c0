"""What executes a run, as far as it decides the bits that come out."""

from __future__ import annotations

import platform

import torch

from cifar_core import __version__
from cifar_core.runs.records import Run


def environment() -> dict[str, str]:
    """Versions and the number of threads. Sums over threads are taken in parts, whose rounding depends on how many."""
    return {
        "cifar_lab": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": str(torch.get_num_threads()),
    }


def resume_note(run: Run, epoch: int, device: str, now: dict[str, str]) -> str:
    """A sentence on a run that goes on, and on what is no longer as it was when it began.

    Args:
        run: as it was stored by whoever executed it before.
        epoch: behind which it goes on; 0 if it has to begin anew.
        device: that executes it now.
        now: the environment that executes it now.
    """
    before = {"device": run.device, **run.environment}
    differs = [
        f"{name} {before[name]} -> {value}"
        for name, value in {"device": device, **now}.items()
        if before.get(name) not in (None, value)
    ]
    # What counts is what trains; the version of this program or of Python moves no bits by itself.
    moved = [change for change in differs if not change.startswith(("cifar_lab ", "python "))]
    begun = f"Resumed after epoch {epoch}" if epoch else "Begun anew"
    if epoch < run.epochs_done:
        begun += f", since {'no later checkpoint can' if epoch else 'what it needs of its checkpoints cannot'} be read"
    if moved:
        return f"{begun} ({', '.join(moved)}): the rest may differ in its last bits."
    return f"{begun}."
