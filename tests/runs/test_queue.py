"""What waits, in which order, and what a person asks of it: launch, resume, and the same thing twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig, RunState, RunStore, rows
from cifar_core.runs.beats import LEASE_SECONDS, BeatWatch
from cifar_core.runs.records import Claim, ClaimLostError, RunProgress, StepPoint
from tests.tiny import run_python, some_metrics, tiny_config

CONFIG = tiny_config()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


def ended(store: RunStore, state: RunState, epochs: int = 0, config: RunConfig = CONFIG) -> str:
    """A run that ended in a state."""
    claim = store.start(config)
    for epoch in range(1, epochs + 1):
        store.report_epoch(claim, some_metrics(epoch))
    store.report_end(claim, state, "It ended.")
    return claim.run_id


def claimed(store: RunStore) -> list[str]:
    """Takes everything that waits; ids in the order in which they were taken."""
    ids = []
    while (claim := store.claim_next()) is not None:
        ids.append(claim.run_id)
    return ids


# Launching


def test_the_same_configuration_is_launched_once_while_it_waits_or_trains(store: RunStore) -> None:
    first = store.launch([CONFIG])
    second = store.launch([CONFIG])
    assert (first.added, second.added) == (1, 0)
    assert [run.id for run in first.runs] == [run.id for run in second.runs]
    claim = store.claim_next()
    assert claim is not None
    assert store.launch([CONFIG]).added == 0
    store.request_stop(claim.run_id)
    assert store.launch([CONFIG]).added == 1, "the one that is being stopped is not what was asked for"
    store.report_end(claim, RunState.STOPPED)
    assert store.launch([CONFIG]).added == 0
    assert store.count_runs() == 2


@pytest.mark.parametrize("other", [tiny_config("other"), tiny_config(seed=1), tiny_config(epochs=3)])
def test_another_configuration_is_another_run(store: RunStore, other: RunConfig) -> None:
    assert store.launch([CONFIG]).added == store.launch([other]).added == 1


def test_many_launches_at_once_make_one_run(store: RunStore) -> None:
    barrier, added = threading.Barrier(8), []

    def launch() -> None:
        with closing(RunStore(folder=store.folder)) as mine:
            barrier.wait()
            added.append(mine.launch([CONFIG]).added)

    threads = [threading.Thread(target=launch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [0] * 7 + [1]
    assert store.count_runs() == 1


def test_several_processes_that_launch_at_once_make_one_run(store: RunStore) -> None:
    code = """
import os, sys
from pathlib import Path
from cifar_core.runs import RunStore
from tests.tiny import tiny_config
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        os._exit(RunStore(folder=Path(sys.argv[1])).launch([tiny_config()]).added)
    children.append(child)
print(sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
    result = run_python(code, store.folder)
    assert result.stdout.strip() == "1", result.stderr
    assert store.count_runs() == 1


def test_several_seeds_are_one_group(store: RunStore) -> None:
    launch = store.launch([tiny_config(seed=seed) for seed in range(3)], parent_id="20260101-000000-abcdef")
    assert launch.added == 3
    assert {run.group_id for run in launch.runs} == {launch.runs[0].id}
    assert {run.parent_id for run in launch.runs} == {"20260101-000000-abcdef"}
    assert [run.config.training.seed for run in launch.runs] == [0, 1, 2]
    assert claimed(store) == [run.id for run in launch.runs]


def test_a_single_run_is_no_group(store: RunStore) -> None:
    (run,) = store.launch([CONFIG]).runs
    assert (run.group_id, run.parent_id) == (None, None)


# Order


def test_two_hundred_runs_are_taken_in_the_order_of_their_launch(store: RunStore) -> None:
    ids = [store.launch([tiny_config(seed=seed)]).runs[0].id for seed in range(200)]
    assert store.count_runs((RunState.QUEUED,)) == 200
    assert claimed(store) == ids


def test_everything_that_waits_can_be_stopped_at_once(store: RunStore) -> None:
    running = store.start(tiny_config("running"))
    waiting = [store.enqueue(tiny_config(seed=seed)).id for seed in range(3)]
    assert store.stop_waiting() == 3
    assert {store.get(run_id).state for run_id in waiting} == {RunState.STOPPED}
    assert store.get(running.run_id).state == RunState.RUNNING
    assert store.stop_waiting() == 0


def test_a_clock_that_was_set_back_lets_no_run_jump_the_queue(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.enqueue(tiny_config("first"))
    monkeypatch.setattr(rows, "utc_now", lambda: datetime(2001, 1, 1))
    second = store.enqueue(tiny_config("second"))
    assert second.created_at < first.created_at
    assert claimed(store) == [first.id, second.id]


def test_only_the_run_expected_is_taken(store: RunStore) -> None:
    first, second = store.enqueue(CONFIG), store.enqueue(tiny_config("second"))
    assert store.next_queued() == (first.id, "cpu")
    assert store.claim_next(second.id) is None
    claim = store.claim_next(first.id)
    assert claim == Claim(first.id, 1)
    assert store.next_queued() == (second.id, "cpu")


def test_a_damaged_run_at_the_head_does_not_hold_up_the_queue(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    with closing(sqlite3.connect(store.folder / "runs.db")) as database:
        database.execute("UPDATE run SET config_json = '{'")
        database.commit()
    assert store.next_queued() == (run.id, "auto")


# Resuming


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED])
def test_a_run_that_ended_early_waits_again_behind_the_others(store: RunStore, state: RunState) -> None:
    early = ended(store, state, epochs=2)
    other = store.enqueue(tiny_config("other"))
    run = store.resume(early)
    assert (run.state, run.error, run.finished_at, run.epochs_done) == (RunState.QUEUED, None, None, 2)
    assert claimed(store) == [other.id, early]
    assert len(store.epochs(early)) == 2


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.DIVERGED])
def test_what_came_to_its_end_cannot_be_resumed(store: RunStore, state: RunState) -> None:
    run_id = ended(store, state)
    for resume in (store.resume, store.resume_here):
        with pytest.raises(SpecError, match=rf"^Run {run_id} is {state}: only a stopped, failed or interrupted run"):
            resume(run_id)
    assert store.get(run_id).state == state


def test_a_waiting_or_running_run_cannot_be_resumed(store: RunStore) -> None:
    waiting = store.enqueue(CONFIG)
    with pytest.raises(SpecError, match="is queued"):
        store.resume(waiting.id)
    store.claim_next()
    with pytest.raises(SpecError, match="is running"):
        store.resume(waiting.id)


def test_resuming_here_makes_the_caller_its_owner(store: RunStore) -> None:
    run_id = ended(store, RunState.STOPPED)
    claim = store.resume_here(run_id)
    assert claim.fence == 2
    assert store.get(run_id).state == RunState.RUNNING
    assert store.claim_next() is None


def test_an_old_owner_cannot_write_over_a_resumed_run(store: RunStore) -> None:
    old = store.start(CONFIG)
    store.report_end(old, RunState.INTERRUPTED)
    new = store.resume_here(old.run_id)
    published: list[str] = []
    with pytest.raises(ClaimLostError):
        store.report_epoch(old, some_metrics(), publish=lambda: published.append("old"))
    assert not published
    store.report_epoch(new, some_metrics(), publish=lambda: published.append("new"))
    assert published == ["new"]


def test_an_epoch_that_is_trained_again_takes_the_place_of_the_first(store: RunStore) -> None:
    claim = store.start(CONFIG)
    store.report_epoch(claim, some_metrics(1, eval_accuracy=0.25))
    store.report_epoch(claim, some_metrics(2, eval_accuracy=0.75))
    assert store.report_epoch(claim, some_metrics(2, eval_accuracy=0.5))
    run = store.get(claim.run_id)
    assert (run.epochs_done, run.best_epoch, run.best_accuracy, run.last_accuracy) == (2, 2, 0.5, 0.5)
    assert [metrics.eval_accuracy for metrics in store.epochs(claim.run_id)] == [0.25, 0.5]
    assert not store.report_epoch(claim, some_metrics(1, eval_accuracy=0.25))
    assert store.get(claim.run_id).epochs_done == 2, "what is stored of later epochs stays"


def test_an_epoch_whose_file_cannot_take_its_place_is_not_told(store: RunStore) -> None:
    claim = store.start(CONFIG)

    def full() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        store.report_epoch(claim, some_metrics(), publish=full)
    assert store.get(claim.run_id).epochs_done == 0
    assert store.epochs(claim.run_id) == []


def test_a_run_that_has_ended_keeps_its_end(store: RunStore) -> None:
    claim = store.start(CONFIG)
    store.report_end(claim, RunState.COMPLETED)
    store.report_end(claim, RunState.INTERRUPTED, "too late")
    run = store.get(claim.run_id)
    assert (run.state, run.error) == (RunState.COMPLETED, None)


# What is told while a run goes on


def test_points_and_watched_images_come_back_as_they_were_told(store: RunStore) -> None:
    claim = store.start(CONFIG)
    points = (StepPoint(1, 2.5, 0.125), StepPoint(4, 1.25, 0.5))
    progress = RunProgress("training", epoch=1, batch=4, batches=4, points=points)
    store.report_progress(claim, progress)
    assert store.get(claim.run_id).progress == progress
    assert store.watched(claim.run_id) is None
    store.report_watched(claim, "validation", np.array([7, 3]))
    assert store.watched(claim.run_id) is None, "nothing was said of them yet"
    said = np.random.default_rng(0).dirichlet(np.ones(10), size=(2, 2)).astype(np.float32)
    for epoch in (1, 2):
        store.report_epoch(claim, some_metrics(epoch), said[epoch - 1])
    watched = store.watched(claim.run_id)
    assert watched is not None
    assert (watched.split, watched.index, watched.epochs) == ("validation", (7, 3), (1, 2))
    np.testing.assert_allclose(watched.probabilities, said, atol=5e-5)


def test_a_run_out_of_sight_that_counts_no_more_is_interrupted(store: RunStore) -> None:
    claim = store.start(CONFIG)
    with closing(sqlite3.connect(store.folder / "runs.db")) as database:
        database.execute("UPDATE run SET owner_host = 'elsewhere'")
        database.commit()
    now = [1000.0]
    store._watch = BeatWatch(lambda: now[0])
    for second in range(60):
        assert store.get(claim.run_id).state == RunState.RUNNING
        now[0] += 1
        if second % 15 == 0:
            store.beat(claim)
    now[0] += 1000
    assert store.get(claim.run_id).state == RunState.RUNNING, "the watcher itself may have slept"
    for _ in range(int(LEASE_SECONDS) + 1):
        assert store.get(claim.run_id).state == RunState.RUNNING
        now[0] += 1
    assert store.get(claim.run_id).state == RunState.INTERRUPTED
    with pytest.raises(ClaimLostError):
        store.stop_requested(claim)
