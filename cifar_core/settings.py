"""Where things lie: folders and the database, from the environment, each with a default in the current directory."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


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
