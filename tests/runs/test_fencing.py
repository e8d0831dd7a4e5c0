"""Who lost a run writes nothing, and a dead process loses its run."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from cifar_core.runs import RunProgress, RunState, RunStore
from cifar_core.runs.records import Claim, ClaimLostError
from tests.runs.tampering import change, kill_owner
from tests.tiny import some_metrics, tiny_config

CONFIG = tiny_config()
WRITES: list[Callable[[RunStore, Claim], object]] = [
    lambda store, claim: store.stop_requested(claim),
    lambda store, claim: store.report_start(claim, "CPU", {}),
    lambda store, claim: store.report_progress(claim, RunProgress("training")),
    lambda store, claim: store.report_epoch(claim, some_metrics()),
    lambda store, claim: store.report_clean_accuracy(claim, 0.5),
    lambda store, claim: store.report_end(claim, RunState.COMPLETED),
]


@pytest.mark.parametrize("write", WRITES)
def test_who_lost_a_run_to_a_new_claim_writes_nothing(store: RunStore, write: Callable[..., object]) -> None:
    old = store.start(CONFIG)
    change(store, "UPDATE run SET state = 'queued'")
    new = store.claim_next()
    assert new == replace(old, fence=old.fence + 1)
    before = store.get(old.run_id)
    with pytest.raises(ClaimLostError):
        write(store, old)
    assert store.get(old.run_id) == before
    assert store.epochs(old.run_id) == []
    write(store, new)


@pytest.mark.parametrize("write", WRITES)
def test_who_was_taken_for_dead_writes_nothing(store: RunStore, write: Callable[..., object]) -> None:
    claim = store.start(CONFIG)
    kill_owner(store, claim.run_id)
    before = store.get(claim.run_id)
    assert before.state == RunState.INTERRUPTED
    with pytest.raises(ClaimLostError):
        write(store, claim)
    assert store.get(claim.run_id) == before


def test_a_run_whose_process_died_is_interrupted_with_a_sentence(store: RunStore) -> None:
    claim, alive = store.start(CONFIG), store.start(CONFIG)
    store.report_progress(claim, RunProgress("training", epoch=2))
    store.report_epoch(claim, some_metrics())
    kill_owner(store, claim.run_id)
    listed = {run.id: run for run in store.list_runs()}
    run = listed[claim.run_id]
    assert (run.state, run.progress, run.epochs_done) == (RunState.INTERRUPTED, None, 1)
    assert run.error == "The process that trained it ended without finishing."
    assert run.finished_at is not None
    assert listed[alive.run_id].state == RunState.RUNNING
    assert store.epochs(claim.run_id) == [some_metrics()]


def test_a_run_being_stopped_whose_process_died_is_interrupted(store: RunStore) -> None:
    claim = store.start(CONFIG)
    store.request_stop(claim.run_id)
    kill_owner(store, claim.run_id)
    assert store.get(claim.run_id).state == RunState.INTERRUPTED


def test_a_dead_process_is_noticed_once(store: RunStore) -> None:
    claim = store.start(CONFIG)
    kill_owner(store, claim.run_id)
    barrier = threading.Barrier(4)

    def look() -> None:
        barrier.wait()
        store.mark_vanished()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection:
        states = [row[0] for row in connection.execute("SELECT state FROM event ORDER BY id")]
    assert states == ["running", "interrupted"]


def test_a_run_on_another_host_is_left_alone(store: RunStore) -> None:
    claim = store.start(CONFIG)
    change(store, "UPDATE run SET owner_host = 'elsewhere', owner_pid = 2147483647")
    assert store.get(claim.run_id).state == RunState.RUNNING
