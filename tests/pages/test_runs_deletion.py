"""Runs deleted on the Runs page, brought back, and removed for good."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunFilter, RunStore
from tests.pages.helpers import open_page, says, shown, toasts
from tests.pages.runs_page import chosen, click, names, table, tick, view
from tests.runs.test_catalogue import ended
from tests.tiny import tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def test_a_deletion_can_be_undone(store: RunStore) -> None:
    for name in ("one", "two", "three"):
        ended(store, name)
    session = click(tick(open_page("runs"), 0, 1), "delete-runs")
    assert names(session) == ["one"]
    assert not chosen(session)
    assert says(session, "2 runs deleted")
    assert says(shown(session.run()), "2 runs deleted"), "it stays until it is used or waved away"
    click(session, "undo-delete")
    assert names(session) == ["three", "two", "one"]
    assert sorted(chosen(session)) == ["three", "two"]
    assert not says(session, "2 runs deleted")
    click(click(session, "delete-runs"), "dismiss-undo")
    assert not says(session, "2 runs deleted")
    assert names(session) == ["one"]


def test_the_last_run_can_be_deleted_and_brought_back(store: RunStore) -> None:
    ended(store, "only")
    session = click(tick(open_page("runs"), 0), "delete-runs")
    assert says(session, "There are no runs yet")
    assert names(click(session, "undo-delete")) == ["only"]


def test_a_run_that_trains_is_not_deleted(store: RunStore) -> None:
    claim = store.start(tiny_config("trains"))
    session = click(tick(open_page("runs"), 0), "delete-runs")
    assert toasts(session) == [f"Run {claim.run_id} is running: stop it before it is deleted."]
    assert names(session) == ["trains"]


def test_deleted_runs_are_restored_or_removed_for_good(store: RunStore) -> None:
    ids = [ended(store, name).id for name in ("one", "two", "three")]
    folder = store.run_folder(ids[2])
    folder.mkdir(exist_ok=True)
    (folder / "train.log").write_bytes(b"0" * 2_500_000)
    store.delete(ids)
    session = open_page("runs")
    assert says(session, "There are no runs yet")
    view(session, "Deleted")
    assert names(session) == ["three", "two", "one"]
    assert "deleted (UTC)" in table(session)
    click(tick(session, 2), "restore")
    assert names(session) == ["three", "two"]
    tick(session, 0)
    assert says(session, "**1 run, 2.5 MB**", "go for good")
    click(session, "purge")
    assert names(session) == ["two"]
    assert toasts(session) == ["1 run removed for good."]
    assert not folder.exists()
    assert [run.name for run in store.find_runs()] == ["one"]
    assert [run.name for run in store.find_runs(RunFilter(deleted=True))] == ["two"]


def test_where_nothing_is_deleted_the_page_says_so(store: RunStore) -> None:
    ended(store, "there")
    assert says(view(open_page("runs"), "Deleted"), "No run is deleted.")
