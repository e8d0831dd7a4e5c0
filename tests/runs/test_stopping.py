"""Runs that a person, a closing program or another claim ends before their time."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.metrics import EpochMetrics
from tests.runs.executing import executed, files_of
from tests.tiny import tiny_config


def test_a_person_s_stop_ends_the_run_within_a_moment(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    asked: list[float] = []

    def ask() -> None:
        with closing(RunStore(folder=store.folder)) as other:
            other.request_stop(claim.run_id)
        asked.append(time.monotonic())

    def after_the_second(metrics: EpochMetrics) -> None:
        if metrics.epoch == 2:
            threading.Thread(target=ask).start()

    run = execute_run(store, claim, RunListener(on_epoch=after_the_second))
    assert time.monotonic() - asked[0] < 30
    assert (run.state, run.error, run.progress, run.test_accuracy) == (RunState.STOPPED, None, None, None)
    assert 2 <= run.epochs_done < 2000
    assert [metrics.epoch for metrics in store.epochs(run.id)] == list(range(1, run.epochs_done + 1))
    assert load_checkpoint(files_of(store, run).checkpoint("last")).epoch == run.epochs_done


def test_a_stop_asked_for_before_the_first_batch_ends_the_run_there(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    store.request_stop(claim.run_id)
    run = execute_run(store, claim)
    assert (run.state, run.epochs_done, store.epochs(run.id)) == (RunState.STOPPED, 0, [])


def test_a_program_that_closes_leaves_an_interrupted_run(store: RunStore) -> None:
    epochs: list[EpochMetrics] = []
    run = executed(
        store, tiny_config(epochs=2000), RunListener(on_epoch=epochs.append, should_stop=lambda: len(epochs) == 2)
    )
    assert (run.state, run.error, run.epochs_done) == (
        RunState.INTERRUPTED,
        "The program that trained it was closed.",
        2,
    )


def test_a_program_that_closes_while_a_person_stops_leaves_a_stopped_run(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    store.request_stop(claim.run_id)
    assert execute_run(store, claim, RunListener(should_stop=lambda: True)).state == RunState.STOPPED


def test_who_lost_its_run_leaves_without_a_trace(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    taken: list[Run] = []

    def take_over(metrics: EpochMetrics) -> None:
        if not taken:
            with closing(sqlite3.connect(store.folder / "runs.db")) as connection, connection:
                connection.execute("UPDATE run SET fence = fence + 1")
            taken.append(store.get(claim.run_id))

    run = execute_run(store, claim, RunListener(on_epoch=take_over))
    assert taken == [run]
    assert run.state == RunState.RUNNING
    assert [metrics.epoch for metrics in store.epochs(run.id)] == [1]
