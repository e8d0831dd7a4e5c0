"""The process that trains for a dashboard: `python -m cifar_core.runs.worker_process`.

Its environment names the store. It reads a task a line from its standard input, as JSON, and answers each with a line
when it is done. When the input ends its parent is gone, and it leaves: after its batch, but within `LEAVE_SECONDS`.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

LEAVE_SECONDS = 4.0
NICENESS = 10
"""Whoever looks at a page is served first."""


class _Parent:
    """The pipe from the parent, read by a thread of its own."""

    def __init__(self) -> None:
        self.tasks: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._gone = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def wants_stop(self, task: int) -> bool:
        return task in self._cancelled or self._gone.is_set()

    def _read(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self.tasks.put(message)
        self._gone.set()
        self.tasks.put(None)
        leave = threading.Timer(LEAVE_SECONDS, os._exit, args=(1,))
        leave.daemon = True
        leave.start()


def main() -> None:
    """Serves the parent until it is gone."""
    answers = _private_output()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    parent = _Parent()
    # All that a run needs, before the first one is there.
    import albumentations  # noqa: F401
    import torchvision  # noqa: F401

    from cifar_core.collector import exempt_loaded_objects
    from cifar_core.runs.store import RunStore

    store = RunStore()
    exempt_loaded_objects()
    _tell(answers, {"ready": True})
    while (task := parent.tasks.get()) is not None:
        error = carried_out(store, task, lambda number=task["id"]: parent.wants_stop(number))  # type: ignore[misc]
        _free_gpu_memory()
        _tell(answers, {"id": task["id"], "error": error})


def carried_out(store: Any, task: dict[str, Any], should_stop: Callable[[], bool]) -> str | None:
    """Carries a task out; returns a sentence if it could not be.

    Args:
        store: a `RunStore`.
        task: `{"run": ID, "fence": FENCE}` or `{"trial": KIND, "config": CONFIG}`.
        should_stop: asked before every batch.
    """
    from cifar_core.errors import LabError
    from cifar_core.runs.config import RunConfig
    from cifar_core.runs.experiment import RunListener, execute_run
    from cifar_core.runs.records import Claim
    from cifar_core.runs.trials import Trial
    from cifar_core.runs.trying import carry_out

    try:
        if "run" in task:
            execute_run(store, Claim(task["run"], task["fence"]), RunListener(should_stop=should_stop))
        else:
            carry_out(store, Trial(task["trial"], RunConfig.parse(task["config"])), should_stop)
    except LabError as error:
        return str(error)
    return None


def _free_gpu_memory() -> None:
    """Gives back what PyTorch keeps for a next time: another program may train meanwhile."""
    import torch

    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()


def _tell(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _private_output() -> TextIO:
    """Standard output for answers alone: what a library prints goes to standard error instead."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main()
