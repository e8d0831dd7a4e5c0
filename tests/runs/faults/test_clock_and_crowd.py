"""A clock that is set back, and two hundred runs that wait."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from datetime import datetime, timedelta, tzinfo
from typing import Self

import pytest

from cifar_core.runs import RunState, RunStore, rows, training_jobs
from tests.runs.faults.common import app, assert_all_over, assert_no_epoch_lost, history, long_config, wait_for
from tests.tiny import tiny_config

QUICK_SECONDS = 0.5
"""For one question of a page, on a busy machine."""


class Yesterday(datetime):
    """The clock of a machine that was set back by a day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) - timedelta(days=1)


def test_a_clock_that_is_set_back_ends_no_run_and_keeps_the_queue_in_order(
    store: RunStore, cleanup: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, before = store.enqueue(long_config()), store.enqueue(tiny_config("before"))
    cleanup.enter_context(closing(training_jobs(store, "thread")))
    wait_for(lambda: store.get(running.id).epochs_done >= 2)
    real = time.time
    monkeypatch.setattr(rows, "datetime", Yesterday)
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    after = store.enqueue(tiny_config("after"))
    assert store.get(running.id).state == RunState.RUNNING
    wait_for(lambda: store.get(after.id).state.is_over)
    runs = [store.get(run.id) for run in (running, before, after)]
    assert [run.state for run in runs] == [RunState.COMPLETED] * 3
    assert order_of_starts(store) == [run.id for run in runs]
    for run in runs:
        assert_no_epoch_lost(store, run)
        assert run.spent_seconds > 0
        assert all(epoch.seconds > 0 and epoch.images_per_second > 0 for epoch in store.epochs(run.id))
        assert run.started_at is not None
        assert run.finished_at is not None
        assert run.finished_at >= run.started_at, "it ended before it began"


def test_an_observer_whose_clock_was_set_back_takes_no_run_for_dead(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.enqueue(long_config(epochs=2000))
    with app(store.folder, "thread"):
        wait_for(lambda: store.get(run.id).epochs_done >= 1)
        real = time.time
        monkeypatch.setattr(rows, "datetime", Yesterday)
        monkeypatch.setattr(time, "time", lambda: real() - 86_400)
        with closing(RunStore(folder=store.folder)) as observer:
            assert observer.get(run.id).state == RunState.RUNNING
            observer.request_stop(run.id)
            wait_for(lambda: observer.get(run.id).state == RunState.STOPPED)
    ended = store.get(run.id)
    assert_no_epoch_lost(store, ended)


def order_of_starts(store: RunStore) -> list[str]:
    return [run_id for run_id, _, state in history(store) if state == RunState.RUNNING]


@pytest.mark.slow
def test_two_hundred_waiting_runs_are_taken_in_order_and_slow_no_page(store: RunStore, cleanup: ExitStack) -> None:
    config = tiny_config(epochs=1, limit_train=64)
    ids = [
        run.id
        for run in store.launch([config.changed(training=config.training.changed(seed=n)) for n in range(200)]).runs
    ]
    jobs = cleanup.enter_context(closing(training_jobs(store, "thread")))

    def done() -> int:
        return store.count_runs((RunState.COMPLETED,))

    wait_for(lambda: done() >= 5)
    took = []
    for _ in range(5):
        for question in (store.list_runs, lambda: store.list_runs(states=(RunState.QUEUED,)), done, store.next_queued):
            asked_at = time.monotonic()
            question()
            took.append(time.monotonic() - asked_at)
    assert sorted(took)[len(took) // 2] < QUICK_SECONDS
    asked_at = time.monotonic()
    assert store.request_stop(ids[150]).state == RunState.STOPPED
    assert time.monotonic() - asked_at < QUICK_SECONDS

    wait_for(lambda: done() >= 20)
    jobs.close()
    runs = {run.id: run for run in store.list_runs(limit=1000)}
    assert len(runs) == 200
    begun = [run_id for run_id in ids if runs[run_id].started_at is not None]
    assert begun == ids[: len(begun)]
    assert order_of_starts(store) == begun
    assert not any(run.state.is_active for run in runs.values())
    for run in runs.values():
        if run.state == RunState.QUEUED:
            store.request_stop(run.id)
    assert_all_over(store)
