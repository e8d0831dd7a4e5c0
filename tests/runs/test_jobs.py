from __future__ import annotations

import importlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from cifar_core.errors import StoreError
from cifar_core.runs import Run, RunConfig, RunState, RunStore, TrainingJobs, jobs, training_jobs
from tests.tiny import run_python, tiny_config

ENOUGH_SECONDS = 60.0
"""Far more than any of this takes: a test that waits so long has failed."""


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def store(tmp_path: Path, cleanup: ExitStack) -> RunStore:
    return cleanup.enter_context(closing(RunStore(folder=tmp_path / "runs")))


@pytest.fixture
def worker(store: RunStore, cleanup: ExitStack) -> TrainingJobs:
    return cleanup.enter_context(closing(training_jobs(store)))


@pytest.fixture(params=["thread", pytest.param("process", marks=pytest.mark.slow)])
def any_worker(request: pytest.FixtureRequest, store: RunStore, cleanup: ExitStack) -> TrainingJobs:
    """Once with each kind of worker."""
    return cleanup.enter_context(closing(training_jobs(store, request.param)))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


def queued(store: RunStore, worker: TrainingJobs, config: RunConfig) -> Run:
    run = store.enqueue(config)
    worker.ring()
    return run


def all_over(store: RunStore) -> bool:
    return all(run.state.is_over for run in store.list_runs())


def test_queued_runs_are_executed_in_order_and_one_at_a_time(store: RunStore, any_worker: TrainingJobs) -> None:
    ids = [queued(store, any_worker, tiny_config(epochs=1)).id for _ in range(3)]
    wait_for(lambda: all_over(store))
    runs = [store.get(run_id) for run_id in ids]
    assert [run.state for run in runs] == [RunState.COMPLETED] * 3
    for earlier, later in itertools.pairwise(runs):
        assert earlier.finished_at is not None
        assert later.started_at is not None
        assert earlier.finished_at <= later.started_at


def test_a_failing_run_does_not_stop_the_queue(store: RunStore, worker: TrainingJobs, no_cifar10: Path) -> None:
    failing = queued(store, worker, tiny_config(dataset="cifar10"))
    good = queued(store, worker, tiny_config(epochs=1))
    wait_for(lambda: all_over(store))
    assert [store.get(run.id).state for run in (failing, good)] == [RunState.FAILED, RunState.COMPLETED]


def test_a_stopped_run_makes_way_for_the_next(store: RunStore, any_worker: TrainingJobs) -> None:
    long = queued(store, any_worker, tiny_config(epochs=2000))
    short = queued(store, any_worker, tiny_config(epochs=1))
    wait_for(lambda: store.get(long.id).epochs_done > 0)
    assert store.get(short.id).state == RunState.QUEUED
    store.request_stop(long.id)
    wait_for(lambda: all_over(store))
    assert [store.get(run.id).state for run in (long, short)] == [RunState.STOPPED, RunState.COMPLETED]


def test_closing_interrupts_the_running_run_and_ends_the_thread(store: RunStore, any_worker: TrainingJobs) -> None:
    run, waiting = (queued(store, any_worker, tiny_config(epochs=2000)) for _ in range(2))
    wait_for(lambda: store.get(run.id).epochs_done > 0)
    any_worker.close()
    assert not any_worker.is_alive()
    ended = store.get(run.id)
    assert (ended.state, ended.error) == (RunState.INTERRUPTED, "The program that trained it was closed.")
    assert store.get(waiting.id).state == RunState.QUEUED


def test_closing_an_idle_thread_is_quick_and_may_be_repeated(worker: TrainingJobs) -> None:
    for _ in range(2):
        worker.close()
        assert not worker.is_alive()


def test_a_store_has_one_thread_even_after_the_module_was_loaded_anew(store: RunStore, worker: TrainingJobs) -> None:
    assert training_jobs(store) is worker
    with closing(RunStore(folder=store.folder)) as other:
        assert training_jobs(other) is worker
    before = dict(vars(jobs))
    try:
        again = importlib.reload(jobs)
        assert again.TrainingJobs is not TrainingJobs
        assert again.training_jobs(store) is worker
    finally:
        vars(jobs).update(before)  # the tests behind this one know the classes from before
    assert sum(thread.name == worker.name for thread in threading.enumerate()) == 1


def test_many_callers_at_once_get_one_thread(store: RunStore, cleanup: ExitStack) -> None:
    found: list[TrainingJobs] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        found.append(training_jobs(store))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cleanup.enter_context(closing(found[0]))
    assert len(found) == 8
    assert len({id(worker) for worker in found}) == 1


def test_another_store_has_another_thread(worker: TrainingJobs, tmp_path: Path, cleanup: ExitStack) -> None:
    other = cleanup.enter_context(closing(RunStore(folder=tmp_path / "others")))
    assert cleanup.enter_context(closing(training_jobs(other))) is not worker


def test_a_closed_thread_has_a_successor(store: RunStore, worker: TrainingJobs, cleanup: ExitStack) -> None:
    worker.close()
    successor = cleanup.enter_context(closing(training_jobs(store)))
    assert successor is not worker
    run = queued(store, successor, tiny_config(epochs=1))
    wait_for(lambda: store.get(run.id).state == RunState.COMPLETED)


def test_a_run_is_taken_without_a_ring(store: RunStore, worker: TrainingJobs) -> None:
    run = store.enqueue(tiny_config(epochs=1))
    wait_for(lambda: store.get(run.id).state == RunState.COMPLETED)


def test_a_store_that_is_away_for_a_moment_is_asked_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, cleanup: ExitStack
) -> None:
    real, answers = store.claim_next, iter([StoreError("away"), StoreError("away")])

    def sometimes(*arguments: Any) -> object:
        error = next(answers, None)
        if error is not None:
            raise error
        return real(*arguments)

    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(store, "claim_next", sometimes)
    run = store.enqueue(tiny_config(epochs=1))
    cleanup.enter_context(closing(training_jobs(store)))
    wait_for(lambda: store.get(run.id).state == RunState.COMPLETED)


@pytest.mark.parametrize("kind", ["thread", pytest.param("process", marks=pytest.mark.slow)])
def test_a_program_that_ends_while_it_trains_ends_cleanly(tmp_path: Path, kind: str) -> None:
    code = """
import sys, time
from pathlib import Path
from cifar_core.runs import RunStore, training_jobs
from tests.tiny import tiny_config
store = RunStore(folder=Path(sys.argv[1]))
training_jobs(store, sys.argv[2])
run = store.enqueue(tiny_config(epochs=2000))
while store.get(run.id).epochs_done < 2:
    time.sleep(0.02)
print(run.id)
"""
    result = run_python(code, tmp_path / "runs", kind)
    assert (result.returncode, result.stderr) == (0, "")
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        run = store.get(result.stdout.strip())
        assert (run.state, run.error) == (RunState.INTERRUPTED, "The program that trained it was closed.")
        assert len(store.epochs(run.id)) == run.epochs_done >= 2
