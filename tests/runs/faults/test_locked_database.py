"""A database that another process keeps for itself for ten seconds."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from cifar_core.runs import Run, RunState, RunStore, training_jobs
from cifar_core.runs.lease import device_key
from cifar_core.runs.owner import Owner
from tests.runs.faults.common import (
    assert_all_over,
    assert_no_epoch_lost,
    assert_same_bits,
    long_config,
    wait_for,
    wait_until_mid_epoch,
)
from tests.tiny import tiny_config

LOCKED_SECONDS = 10
KEEPER = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
if sys.argv[2] == "from everybody":
    # Shuts out readers too. SQLite grants it only while nobody else has the database open.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[3]))
"""


@contextmanager
def locked(store: RunStore, against: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has locked the database, and lets go of it after a while."""
    command = [sys.executable, "-c", KEEPER, str(store.folder / "runs.db"), against, str(LOCKED_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "locked\n"
        yield keeper


@pytest.mark.slow
def test_a_database_locked_for_ten_seconds_costs_a_training_time_and_nothing_else(
    store: RunStore, cleanup: ExitStack, whole: tuple[RunStore, Run]
) -> None:
    run, next_one = store.enqueue(long_config()), store.enqueue(tiny_config("next"))
    cleanup.enter_context(closing(training_jobs(store, "thread")))
    wait_until_mid_epoch(store, run.id)
    held = lease_fence(store)
    with locked(store, "from writers") as keeper:
        before = store.get(run.id)
        while keeper.poll() is None:
            assert store.get(run.id).state == RunState.RUNNING
            time.sleep(0.2)
        assert store.get(run.id).epochs_done <= before.epochs_done + 1, "it was not locked"
    assert store.leases.holder(device_key("cpu")) == Owner.this_process()
    assert lease_fence(store) == held
    wait_for(lambda: store.get(run.id).state.is_over)
    assert_same_bits(store, store.get(run.id), *whole)
    wait_for(lambda: store.get(next_one.id).state == RunState.COMPLETED)
    assert_no_epoch_lost(store, store.get(run.id))
    assert_all_over(store)


@pytest.mark.slow
def test_a_store_that_another_process_keeps_for_itself_is_waited_for(store: RunStore) -> None:
    run = store.enqueue(tiny_config())
    store.close()
    with locked(store, "from everybody") as keeper, closing(RunStore(folder=store.folder)) as later:
        assert keeper.poll() is not None, "it was not locked"
        with closing(training_jobs(later, "thread")):
            wait_for(lambda: later.get(run.id).state == RunState.COMPLETED)


def lease_fence(store: RunStore) -> int:
    """Raised whenever the device changes hands."""
    with closing(sqlite3.connect(store.folder / "runs.db")) as database:
        (fence,) = database.execute("SELECT fence FROM device_lease").fetchone()
    return int(fence)
