"""The table of runs: its figures, its words, and how it keeps up with what trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cifar_core.runs import Run, RunState, RunStore
from tests.pages.helpers import links, open_page, says, shown
from tests.pages.runs_page import chosen, names, table, tick
from tests.runs.test_catalogue import ended
from tests.tiny import some_metrics, tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def test_one_run_is_shown_with_its_figures(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("runs")
    row = table(session).set_index("id").loc[run.id[-6:]]
    assert row["name"] == "steady"
    assert row["state"] == "completed"
    assert (row["parameters"], row["field"], row["images"]) == (run.num_params, run.receptive_field, 256)
    assert (row["epochs"], row["epoch"]) == ("1 / 1", 1)
    assert row["best"] == pytest.approx(100 * (run.best_accuracy or 0))
    assert row["test"] == pytest.approx(100 * (run.test_accuracy or 0))
    assert row["curve"] == [run.best_accuracy]
    assert not row["rules"]
    assert row["size"] > 1000, "measured when it was shown"
    assert links(session) == ["Open in Training", "See its mistakes"]


def test_each_accuracy_says_which_set_it_is_of(trained: Callable[[str], Run]) -> None:
    ids = [trained(which).id[-6:] for which in ("completed", "seed", "stopped")]
    rows = table(open_page("runs")).set_index("id").loc[ids]
    assert list(rows["best is"]) == ["on validation", "test-chosen", "on validation"]
    assert list(rows["test is"]) == ["validation-chosen", "last epoch", ""]
    assert rows["epochs"].iloc[2] == "1 / 9"


@pytest.mark.parametrize("name", ["<b>bold</b>", "*stars* | [link](http://x) :red[x] $a$", "x" * 80, "名前"])
def test_a_runs_name_is_only_text(name: str, store: RunStore) -> None:
    ended(store, name)
    session = open_page("runs")
    assert names(session) == [name]
    assert says(tick(session, 0), "1 run chosen", name)


def test_a_store_without_runs_shows_the_way_to_a_first_one(store: RunStore) -> None:
    session = open_page("runs")
    assert says(session, "There are no runs yet")
    assert links(session) == ["Go to Training"]
    assert not session.dataframe


def test_a_run_that_came_with_the_project_tells_where_it_was_trained(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")
    session = open_page("runs")
    assert set(table(session)["state"]) == {"example"}
    assert says(tick(session, 0), "ships with CIFAR Lab: trained on", "protocol")


def test_the_table_is_refreshed_only_while_something_is_unfinished(
    store: RunStore, refreshed: dict[str, float | None]
) -> None:
    claim = store.start(tiny_config("trains"))
    ended(store, "done")
    session = tick(open_page("runs"), 0)
    assert refreshed.pop("choosing") is not None
    assert chosen(session) == ["done"]
    store.report_epoch(claim, some_metrics(1, eval_accuracy=0.25))
    shown(session.run())
    assert list(table(session)["best"].astype(float))[1] == pytest.approx(25)
    store.report_end(claim, RunState.COMPLETED)
    refreshed.clear()
    shown(session.run())
    assert list(table(session)["state"]) == ["completed", "completed"]
    assert chosen(session) == ["done"]
    assert "choosing" not in refreshed
