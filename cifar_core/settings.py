"""Where things lie: folders and the database, from the environment, each with a default in the current directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import quote

from cifar_core.errors import SpecError

WorkerKind = Literal["process", "thread"]
"""A process beside the dashboard, or a thread in it."""


def data_folder() -> Path:
    """The folder that holds (or will hold) CIFAR-10: `CIFAR_LAB_DATA`, else `data/` in the current directory."""
    return Path(os.environ.get("CIFAR_LAB_DATA") or "data")


def runs_folder() -> Path:
    """The folder with one sub-folder a run: `CIFAR_LAB_RUNS`, else `runs/` in the current directory."""
    return Path(os.environ.get("CIFAR_LAB_RUNS") or "runs")


def store_url() -> str:
    """The SQLAlchemy database URL: `CIFAR_LAB_STORE`, else SQLite in the run folder."""
    return os.environ.get("CIFAR_LAB_STORE") or sqlite_url(runs_folder())


def sqlite_url(folder: Path) -> str:
    """The URL of the SQLite database in a run folder; `?` and `%` in a path would mean something else in a URL."""
    return f"sqlite:///{quote(str(folder.resolve() / 'runs.db'))}"


def wants_examples() -> bool:
    """Whether the dashboard puts the example runs into an empty store: `CIFAR_LAB_EXAMPLES`, "yes" or "no"; else yes.

    Raises:
        SpecError: it is neither.
    """
    wanted = os.environ.get("CIFAR_LAB_EXAMPLES") or "yes"
    if wanted not in ("yes", "no"):
        raise SpecError(f"CIFAR_LAB_EXAMPLES is {wanted!r}: it must be yes or no.")
    return wanted == "yes"


def worker_kind() -> WorkerKind:
    """What trains for the dashboard: `CIFAR_LAB_WORKER`, else a process of its own.

    Raises:
        SpecError: it names neither kind.
    """
    wanted = os.environ.get("CIFAR_LAB_WORKER") or "process"
    for kind in get_args(WorkerKind):
        if kind == wanted:
            return kind  # type: ignore[no-any-return]
    raise SpecError(f"CIFAR_LAB_WORKER is {wanted!r}: it must be {' or '.join(get_args(WorkerKind))}.")
