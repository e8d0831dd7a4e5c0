"""How a run that was not trained here is marked, wherever one is shown."""

from __future__ import annotations

from cifar_core.runs import Run, RunOrigin
from cifar_core.words import duration, plain

_CAME = {RunOrigin.UNPACKED: "It came in a package", RunOrigin.EXAMPLE: "An example that ships with CIFAR Lab"}


def origin_badge(run: Run) -> str:
    """Where a run came from as a coloured word; empty for one that was trained here."""
    return "" if run.origin == RunOrigin.TRAINED else f":violet-badge[{run.origin}]"


def origin_mark(run: Run) -> str:
    """What follows a run's name in a list of runs: ", example"; empty for one that was trained here."""
    return "" if run.origin == RunOrigin.TRAINED else f", {run.origin}"


def origin_sentence(run: Run) -> str:
    """Where a run came from, with machine, time and protocol; empty for one that was trained here."""
    if run.origin == RunOrigin.TRAINED:
        return ""
    came, device = _CAME[run.origin], plain(run.device or "a machine that it does not name")
    protocol = run.config.training.protocol
    return f"{came}: trained on {device} in {duration(run.spent_seconds)}, {protocol} protocol."
