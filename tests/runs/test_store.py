"""Runs made, found and listed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.architecture import num_params
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunState, RunStore
from tests.runs.tampering import change
from tests.tiny import some_metrics, tiny_config

CONFIG = tiny_config()


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


def test_run_with_an_unreadable_configuration_hides_no_other(own_store: Path) -> None:
    store = RunStore()
    good, bad = store.enqueue(tiny_config()), store.enqueue(tiny_config())
    with sqlite3.connect(own_store / "runs.db") as connection:
        connection.execute("UPDATE run SET config_json = '{' WHERE id = ?", (bad.id,))
    assert [run.id for run in store.list_runs()] == [good.id]
    with pytest.raises(StoreError, match=f"^The configuration of run {bad.id} cannot be read: .*not JSON"):
        store.get(bad.id)
