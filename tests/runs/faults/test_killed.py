"""kill -9 of what trains, and of the program that it trains for."""

from __future__ import annotations

import itertools
import os
import sqlite3
import time
from contextlib import ExitStack, closing

import psutil
import pytest

from cifar_core.runs import Run, RunState, RunStore, training_jobs
from tests.runs.faults.common import (
    app,
    assert_all_over,
    assert_no_epoch_lost,
    assert_same_bits,
    executed,
    files_of,
    history,
    long_config,
    wait_for,
    wait_until_mid_epoch,
    workers_of,
)
from tests.tiny import tiny_config

AT_ONCE = 2.0
"""Seconds, on a busy machine."""


@pytest.mark.slow
def test_a_killed_worker_process_costs_its_run_the_epoch_and_the_queue_nothing(
    store: RunStore, cleanup: ExitStack, whole: tuple[RunStore, Run]
) -> None:
    run, next_one = store.enqueue(long_config()), store.enqueue(tiny_config("next"))
    cleanup.enter_context(closing(training_jobs(store, "process")))
    wait_until_mid_epoch(store, run.id)
    (first,) = workers_of(os.getpid())
    first.kill()
    wait_for(lambda: store.get(run.id).state == RunState.INTERRUPTED, AT_ONCE)
    interrupted = store.get(run.id)
    assert interrupted.error is not None
    assert interrupted.error.startswith("The process that trained was killed, as a system does that runs out of memory")
    assert 2 <= interrupted.epochs_done < 8
    assert_no_epoch_lost(store, interrupted)

    wait_for(lambda: store.get(next_one.id).state == RunState.COMPLETED)
    (second,) = workers_of(os.getpid())
    assert second.pid != first.pid
    store.resume(run.id)
    wait_for(lambda: store.get(run.id).state == RunState.COMPLETED)
    assert_same_bits(store, store.get(run.id), *whole)
    assert_all_over(store)


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.slow
def test_a_killed_program_leaves_an_interrupted_run_and_no_process_behind(
    store: RunStore, whole: tuple[RunStore, Run]
) -> None:
    run = store.enqueue(long_config())
    with app(store.folder, "process") as program:
        wait_until_mid_epoch(store, run.id)
        (worker,) = workers_of(program.pid)
        program.kill()
        killed_at = time.monotonic()
        program.wait()
        with closing(RunStore(folder=store.folder)) as observer:
            interrupted = observer.get(run.id)
        assert interrupted.state == RunState.INTERRUPTED
        assert time.monotonic() - killed_at < AT_ONCE
        # The batch under way may still end; then nobody trains.
        wait_for(lambda: is_gone(worker), 5)
    ended = store.get(run.id)
    assert ended.epochs_done == interrupted.epochs_done >= 2, "it went on after it was taken for dead"
    assert_no_epoch_lost(store, ended)
    assert store.launch([long_config("other")]).added == 1

    resumed = executed(store, store.resume_here(run.id))
    assert_same_bits(store, resumed, *whole)


def test_what_a_killed_program_trained_can_be_launched_again(store: RunStore) -> None:
    run = store.enqueue(long_config(epochs=2000))
    with app(store.folder, "thread") as program:
        wait_until_mid_epoch(store, run.id, epochs_done=1)
        program.kill()
        program.wait()
        # Nobody has looked at the run since.
        assert store.launch([run.config]).added == 1
    assert store.get(run.id).state == RunState.INTERRUPTED


def when_they_trained(store: RunStore) -> list[tuple[str, str, str]]:
    """(beginning, end, run) of every session of every run, as the histories tell, in order."""
    begun: dict[str, str] = {}
    sessions = []
    for run_id, at, state in history(store):
        if state == "running":
            begun.setdefault(run_id, at)
        elif state not in ("queued", "stopping"):
            sessions.append((begun.pop(run_id), at, run_id))
    assert not begun
    return sorted(sessions)


@pytest.mark.slow
def test_of_two_programs_one_trains_at_a_time_and_the_other_takes_over(store: RunStore) -> None:
    short = [store.enqueue(tiny_config("short", seed=seed)) for seed in range(4)]
    long = store.enqueue(long_config())
    after = [store.enqueue(tiny_config("after", seed=seed)) for seed in range(2)]
    with app(store.folder, "process") as one, app(store.folder, "process") as other:
        wait_until_mid_epoch(store, long.id)
        with closing(sqlite3.connect(store.folder / "runs.db")) as database:
            (owner,) = database.execute("SELECT owner_pid FROM run WHERE state = 'running'").fetchone()
        trainer, waiting = (one, other) if one.pid == owner else (other, one)
        trainer.kill()
        trainer.wait()
        wait_for(lambda: store.get(long.id).state == RunState.INTERRUPTED, AT_ONCE)
        store.resume(long.id)
        wait_for(lambda: all(run.state.is_over for run in store.list_runs()))
        assert waiting.poll() is None
    assert {run.state for run in store.list_runs()} == {RunState.COMPLETED}
    sessions = when_they_trained(store)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(sessions)), sessions
    order = [run_id for _, _, run_id in sessions]
    assert order == [*(run.id for run in short), long.id, *(run.id for run in after), long.id]
    assert files_of(store, long).log_tail(200).count("Epoch 8") == 1
