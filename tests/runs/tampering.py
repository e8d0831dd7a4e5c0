"""Changes a store's database behind its back."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from cifar_core.runs import RunStore


def change(store: RunStore, statement: str, *values: object) -> None:
    """Changes the database behind the store's back."""
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection, connection:
        connection.execute(statement, values)


def kill_owner(store: RunStore, run_id: str) -> None:
    """As though the process that trains a run had died: no process has so high an id."""
    change(store, "UPDATE run SET owner_pid = 2147483647 WHERE id = ?", run_id)
