"""Rows of the table of runs, and what ticks and tags become."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cifar_core.runs import RunOrder, RunOrigin, RunState, RunStore
from cifar_core.ui.runs.keeping_view import common_tags
from cifar_core.ui.runs.table import COLUMNS, run_rows
from cifar_core.ui.runs.ticking import after_ticking
from tests.runs.test_catalogue import ended
from tests.tiny import tiny_config


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path)) as store:
        yield store


def test_every_column_has_its_width(store: RunStore) -> None:
    ended(store, "there")
    (gone,) = store.delete([ended(store, "gone").id])
    shown = {name for order in RunOrder for row in run_rows(store, [gone], order).values() for name in row}
    assert shown == set(COLUMNS)


def test_what_was_not_measured_stays_empty(store: RunStore) -> None:
    waits = store.enqueue(tiny_config("waits"))
    (row,) = run_rows(store, [waits]).values()
    empty = {name for name, value in row.items() if value in (None, "", [], "-")}
    assert empty == {
        *("best", "epoch", "best is", "test", "test is", "curve", "tags", "time", "size"),
        *("started (UTC)", "device", "note"),
    }


def test_a_run_that_came_from_elsewhere_is_marked(store: RunStore) -> None:
    run = ended(store, "mine")
    states = [row["state"] for origin in RunOrigin for row in run_rows(store, [replace(run, origin=origin)]).values()]
    assert states == ["completed", "unpacked", "example"]
    (row,) = run_rows(store, [replace(run, origin=RunOrigin.UNPACKED, state=RunState.STOPPED)]).values()
    assert row["state"] == "unpacked, stopped"


def test_files_are_measured_once_and_only_of_what_is_over(store: RunStore) -> None:
    claim = store.start(tiny_config("trains"))
    done = ended(store, "done")
    for run_id in (claim.run_id, done.id):
        store.run_folder(run_id).mkdir(parents=True, exist_ok=True)
        (store.run_folder(run_id) / "file").write_bytes(b"0" * 1000)
    rows = run_rows(store, store.find_runs())
    assert (rows[done.id]["size"], rows[claim.run_id]["size"]) == (1000, None)
    (store.run_folder(done.id) / "file").write_bytes(b"0" * 2000)
    assert run_rows(store, store.find_runs())[done.id]["size"] == 1000
    store.report_end(claim, RunState.COMPLETED)
    assert run_rows(store, store.find_runs())[claim.run_id]["size"] == 1000


@pytest.mark.parametrize(
    ("before", "ticks", "mode", "expected"),
    [
        ([], [2, 0], "multi-row", ["c", "a"]),
        (["c", "elsewhere"], [2, 0], "multi-row", ["c", "elsewhere", "a"]),
        (["a", "b"], [1], "multi-row", ["b"]),
        (["elsewhere"], [], "multi-row", ["elsewhere"]),
        (["a"], [7], "multi-row", []),
        (["elsewhere"], [1], "single-row", ["b"]),
        (["b"], [], "single-row", []),
    ],
)
def test_ticks_change_what_is_in_sight_and_nothing_else(
    before: list[str], ticks: list[int], mode: str, expected: list[str]
) -> None:
    assert after_ticking(before, ["a", "b", "c"], ticks, is_single=mode == "single-row") == expected


def test_the_tags_of_several_runs_are_those_that_all_have(store: RunStore) -> None:
    one = store.set_tags(ended(store, "one").id, ["both", "dropped", "mine"])
    two = store.set_tags(ended(store, "two").id, ["both", "dropped", "yours"])
    common = common_tags([one, two])
    assert common == ("both", "dropped")
