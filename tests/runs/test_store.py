from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cifar_core.architecture import num_params
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunProgress, RunState, RunStore
from cifar_core.runs.records import Claim, ClaimLostError
from tests.tiny import PROJECT, some_metrics, tiny_config

CONFIG = tiny_config()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(folder=tmp_path / "runs")
    yield store
    store.close()


def change(store: RunStore, statement: str, *values: object) -> None:
    """Changes the database behind the store's back."""
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection, connection:
        connection.execute(statement, values)


def kill_owner(store: RunStore, run_id: str) -> None:
    """As though the process that trains a run had died: no process has so high an id."""
    change(store, "UPDATE run SET owner_pid = 2147483647 WHERE id = ?", run_id)


# Making and finding


def test_a_new_run_is_queued_and_comes_back_equal(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    assert store.get(run.id) == run
    assert (run.state, run.config, run.name, run.epochs_done) == (RunState.QUEUED, CONFIG, "tiny", 0)
    assert run.num_params == num_params(CONFIG.architecture.layers)
    assert (run.started_at, run.finished_at, run.error, run.best_accuracy, run.progress) == (None,) * 5


def test_an_id_is_a_safe_folder_name_whatever_the_run_is_called(store: RunStore) -> None:
    for name in ("../../etc/passwd", "a b/c", "ümläut", "%_*?", "\n"):
        run = store.enqueue(CONFIG.changed(name=name))
        assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", run.id)
        assert store.run_folder(run.id).parent == store.folder
        assert store.get(run.id).name == name


def test_an_accuracy_ends_with_the_weights_that_it_stood_for(store: RunStore) -> None:
    claim = store.start(CONFIG)
    store.report_epoch(claim, some_metrics(1, eval_accuracy=0.5))
    store.report_clean_accuracy(claim, 0.6)
    store.record_test_accuracy(claim.run_id, 0.4)
    store.report_epoch(claim, some_metrics(2, eval_accuracy=0.25))
    run = store.get(claim.run_id)
    assert (run.chosen_epoch, run.test_accuracy, run.clean_train_accuracy) == (1, 0.4, 0.6), "still the best"
    store.report_epoch(claim, some_metrics(3, eval_accuracy=0.75))
    run = store.get(claim.run_id)
    assert (run.chosen_epoch, run.test_accuracy, run.clean_train_accuracy) == (3, None, None)


def test_a_run_is_found_by_a_beginning_that_no_other_has(store: RunStore) -> None:
    first, second = store.enqueue(CONFIG), store.enqueue(CONFIG)
    change(store, "UPDATE run SET id = '20260101-000000-aaaaaa' WHERE id = ?", first.id)
    change(store, "UPDATE run SET id = '20260101-000000-aabbbb' WHERE id = ?", second.id)
    assert store.get("20260101-000000-aaa").id == "20260101-000000-aaaaaa"
    assert store.get("20260101-000000-aabbbb").id == "20260101-000000-aabbbb"
    with pytest.raises(SpecError, match=r"^Several runs match '20260101': give more of the id\.$"):
        store.get("20260101")


@pytest.mark.parametrize("beginning", ["", "%", "_", "2_", "20%", "\\", "nobody", "' OR 1=1 --"])
def test_what_begins_no_id_finds_nothing(store: RunStore, beginning: str) -> None:
    store.enqueue(CONFIG)
    with pytest.raises(SpecError, match="There is no run "):
        store.get(beginning)


def test_the_list_is_newest_first_in_pages(store: RunStore) -> None:
    ids = [store.enqueue(CONFIG.changed(name=f"run {number}")).id for number in range(7)]
    assert [run.id for run in store.list_runs()] == ids[::-1]
    pages = [store.list_runs(limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [[run.id for run in page] for page in pages] == [ids[:3:-1], ids[3:0:-1], ids[:1], []]


def test_runs_are_counted_and_listed_by_state(store: RunStore) -> None:
    assert (store.count_runs(), store.list_runs()) == (0, [])
    queued = store.enqueue(CONFIG)
    running = store.start(CONFIG).run_id
    assert (store.count_runs(), store.count_runs([RunState.QUEUED]), store.count_runs([RunState.FAILED])) == (2, 1, 0)
    assert [run.id for run in store.list_runs(states=[RunState.QUEUED])] == [queued.id]
    assert [run.id for run in store.list_runs(states=[RunState.RUNNING, RunState.STOPPING])] == [running]


def test_two_stores_on_one_folder_see_each_other_s_writes(store: RunStore) -> None:
    with closing(RunStore(folder=store.folder)) as other:
        run = store.enqueue(CONFIG)
        claim = other.claim_next()
        assert claim is not None
        assert store.get(run.id).state == RunState.RUNNING
        other.report_epoch(claim, some_metrics())
        assert store.epochs(run.id) == [some_metrics()]
        store.request_stop(run.id)
        assert other.stop_requested(claim)


# Claiming


def test_the_oldest_run_is_claimed_first_and_each_once(store: RunStore) -> None:
    ids = [store.enqueue(CONFIG).id for _ in range(3)]
    claims = [store.claim_next() for _ in range(4)]
    assert [claim and claim.run_id for claim in claims] == [*ids, None]
    assert [store.get(run_id).state for run_id in ids] == [RunState.RUNNING] * 3


def test_a_run_that_its_own_process_executes_is_never_queued(store: RunStore) -> None:
    claim = store.start(CONFIG)
    assert store.get(claim.run_id).state == RunState.RUNNING
    assert store.claim_next() is None


def test_threads_claim_each_run_once(store: RunStore) -> None:
    ids = {store.enqueue(CONFIG).id for _ in range(24)}
    taken: list[str] = []
    barrier = threading.Barrier(4)

    def take(own: RunStore) -> None:
        barrier.wait()
        while (claim := own.claim_next()) is not None:
            taken.append(claim.run_id)

    stores = [store, store, RunStore(folder=store.folder), RunStore(folder=store.folder)]
    threads = [threading.Thread(target=take, args=[own]) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(ids)
    assert set(taken) == ids


def test_processes_claim_each_run_once(store: RunStore) -> None:
    ids = {store.enqueue(CONFIG).id for _ in range(24)}
    code = """
import sys
from pathlib import Path
from cifar_core.runs import RunStore
store = RunStore(folder=Path(sys.argv[1]))
input()
while (claim := store.claim_next()) is not None:
    print(claim.run_id)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(store.folder)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [line for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert len(taken) == len(ids)
    assert set(taken) == ids


# Stopping


def test_a_queued_run_is_stopped_at_once_and_not_claimed(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    stopped = store.request_stop(run.id[:-2])
    assert (stopped.state, stopped.finished_at is not None) == (RunState.STOPPED, True)
    assert store.claim_next() is None


def test_a_running_run_is_asked_to_stop_and_may_be_asked_again(store: RunStore) -> None:
    claim = store.start(CONFIG)
    assert not store.stop_requested(claim)
    for _ in range(2):
        assert store.request_stop(claim.run_id).state == RunState.STOPPING
    assert store.stop_requested(claim)


@pytest.mark.parametrize("state", [state for state in RunState if state.is_over])
def test_a_run_that_is_over_cannot_be_stopped(store: RunStore, state: RunState) -> None:
    claim = store.start(CONFIG)
    store.report_end(claim, state)
    with pytest.raises(SpecError, match=rf"is {state}: only a queued or running one can be stopped\.$"):
        store.request_stop(claim.run_id)
    assert store.get(claim.run_id).state == state


def test_an_unknown_run_cannot_be_stopped(store: RunStore) -> None:
    with pytest.raises(SpecError, match="There is no run 'x'"):
        store.request_stop("x")


# Reporting


def test_epochs_come_back_as_they_were_reported(store: RunStore) -> None:
    claim, other = store.start(CONFIG), store.start(CONFIG)
    reported = [some_metrics(epoch, eval_accuracy=epoch / 10, split="test") for epoch in (1, 2, 3)]
    for metrics in reported:
        store.report_epoch(claim, metrics)
    store.report_epoch(other, some_metrics(1))
    assert store.epochs(claim.run_id) == reported
    assert store.epochs(other.run_id) == [some_metrics(1)]
    assert store.epochs("nobody") == []


def test_best_and_last_follow_the_epochs_and_the_first_of_equals_is_best(store: RunStore) -> None:
    claim = store.start(CONFIG)
    figures = []
    for epoch, accuracy in enumerate([0.0, 0.5, 0.25, 0.5, 0.75, 0.5], start=1):
        store.report_epoch(claim, some_metrics(epoch, eval_accuracy=accuracy))
        run = store.get(claim.run_id)
        figures.append((run.epochs_done, run.best_epoch, run.best_accuracy, run.last_accuracy))
    assert figures == [
        (1, 1, 0.0, 0.0),
        (2, 2, 0.5, 0.5),
        (3, 2, 0.5, 0.25),
        (4, 2, 0.5, 0.5),
        (5, 5, 0.75, 0.75),
        (6, 5, 0.75, 0.5),
    ]


def test_progress_and_figures_come_back_and_the_end_clears_the_progress(store: RunStore) -> None:
    claim = store.start(CONFIG)
    progress = RunProgress("training", epoch=1, batch=2, batches=4, loss=1.5, accuracy=0.25, images_per_second=99.5)
    store.report_start(claim, "CPU", {"python": "3"})
    store.report_progress(claim, progress)
    store.report_clean_accuracy(claim, 0.875)
    store.record_test_accuracy(claim.run_id, 0.625)
    run = store.get(claim.run_id)
    assert (run.device, run.environment, run.progress) == ("CPU", {"python": "3"}, progress)
    assert (run.clean_train_accuracy, run.test_accuracy, run.finished_at) == (0.875, 0.625, None)
    store.report_end(claim, RunState.FAILED, "It broke.")
    ended = store.get(claim.run_id)
    assert (ended.state, ended.error, ended.progress) == (RunState.FAILED, "It broke.", None)


# Fencing

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


def test_every_change_of_state_is_an_event(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    claim = store.claim_next()
    assert claim is not None
    store.request_stop(run.id)
    store.report_end(claim, RunState.STOPPED)
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection:
        rows = connection.execute("SELECT state FROM event WHERE run_id = ? ORDER BY id", [run.id])
        states = [row[0] for row in rows]
    assert states == ["queued", "running", "stopping", "stopped"]


def test_run_with_an_unreadable_configuration_hides_no_other(own_store: Path) -> None:
    store = RunStore()
    good, bad = store.enqueue(tiny_config()), store.enqueue(tiny_config())
    with sqlite3.connect(own_store / "runs.db") as connection:
        connection.execute("UPDATE run SET config_json = '{' WHERE id = ?", (bad.id,))
    assert [run.id for run in store.list_runs()] == [good.id]
    with pytest.raises(StoreError, match=f"^The configuration of run {bad.id} cannot be read: .*not JSON"):
        store.get(bad.id)


@pytest.mark.parametrize("name", ["what?", "50%", "a%20b", "a b", "ä"])
def test_database_lies_in_its_folder_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    run = RunStore(folder=tmp_path / name).enqueue(tiny_config())
    assert (tmp_path / name / "runs.db").is_file()
    assert RunStore(folder=tmp_path / name).get(run.id) == run


def test_database_of_the_environments_folder_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "50% done?"))
    RunStore()
    assert (tmp_path / "50% done?" / "runs.db").is_file()
