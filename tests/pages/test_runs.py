from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.ui.runs_table import ROWS_A_PAGE
from tests.pages.helpers import links, open_page, says, shown
from tests.tiny import some_metrics, tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def table(session: AppTest) -> DataFrame:
    return session.dataframe[0].value


def tick(session: AppTest, *rows: int) -> AppTest:
    key = session.dataframe[0].key
    assert key is not None
    session.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return shown(session.run())


def curves(session: AppTest) -> set[str]:
    """Titles of the runs that are drawn."""
    (chart,) = session.get("plotly_chart")
    traces = json.loads(chart.proto.spec)["data"]
    return {trace["name"].partition(":")[0] for trace in traces if trace.get("name")}


def reference(session: AppTest) -> bool:
    return bool(session.toggle[0].value)


def test_one_run_is_shown_with_its_figures(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("runs")
    shown_run = table(session).set_index("id").loc[run.id]
    assert shown_run["name"] == "steady"
    assert shown_run["state"] == "completed"
    assert shown_run["parameters"] == run.num_params
    assert shown_run["field"] == run.receptive_field
    assert shown_run["epochs"] == "1 / 1"
    assert shown_run["best"] == pytest.approx(100 * (run.best_accuracy or 0))
    assert shown_run["on"] == "validation"
    assert shown_run["test accuracy"] == pytest.approx(100 * (run.test_accuracy or 0))
    assert not links(session)


def test_each_accuracy_says_which_set_it_is_of(trained: Callable[[str], Run]) -> None:
    ids = {which: trained(which).id for which in ("completed", "seed", "stopped")}
    rows = table(open_page("runs")).set_index("id")
    assert [rows.loc[ids[which]]["on"] for which in ids] == ["validation", "test (test-chosen)", "validation"]
    assert len({rows.loc[ids["completed"]]["of"], rows.loc[ids["seed"]]["of"], rows.loc[ids["stopped"]]["of"]}) == 3
    assert rows.loc[ids["stopped"]]["epochs"] == "1 / 9"


def test_newest_first_and_its_curve_at_first(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("runs")
    assert list(table(session)["name"]) == ["steady", "as the seed", "halted"]
    assert curves(session) == {f"steady ({run.id[-6:]})"}


def test_ticked_runs_are_drawn_over_each_other(trained: Callable[[str], Run]) -> None:
    ids = [trained(which).id for which in ("seed", "stopped")]
    session = tick(open_page("runs"), 1, 2)
    assert curves(session) == {f"as the seed ({ids[0][-6:]})", f"halted ({ids[1][-6:]})"}
    assert curves(tick(session)) != curves(tick(session, 1))


def test_the_seeds_epochs_can_be_laid_beside(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("runs")
    assert not reference(session), "these are digits"
    shown(session.toggle[0].set_value(True).run())
    assert "seed document" in curves(session)


def test_beside_a_run_on_cifar10_the_seeds_epochs_stand_at_once(store: RunStore) -> None:
    claim = store.start(tiny_config("photographs", dataset="cifar10"))
    store.report_epoch(claim, some_metrics())
    session = open_page("runs")
    assert reference(session)
    assert "seed document" in curves(session)


def test_runs_without_an_epoch_have_no_curve(store: RunStore) -> None:
    store.enqueue(tiny_config("waiting"))
    session = open_page("runs")
    assert list(table(session)["state"]) == ["queued"]
    assert says(session, "there is no curve to show")
    assert not session.get("plotly_chart")
    assert says(tick(session, 0), "there is no curve to show")


@pytest.mark.parametrize("name", ["<b>bold</b>", "*stars* | [link](http://x) :red[x] $a$", "x" * 80, "名前"])
def test_a_runs_name_is_only_text(name: str, store: RunStore) -> None:
    claim = store.start(tiny_config(name))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    assert list(table(open_page("runs"))["name"]) == [name]


def test_sixty_runs_take_two_pages(store: RunStore) -> None:
    names = [f"run {number}" for number in range(60)]
    for name in names:
        store.enqueue(tiny_config(name))
    session = open_page("runs")
    first = list(table(session)["name"])
    assert first == names[::-1][:ROWS_A_PAGE]
    (page,) = session.number_input
    assert (page.label, page.min, page.max) == ("Page of the table", 1, 2)
    shown(page.set_value(2).run())
    assert first + list(table(session)["name"]) == names[::-1]


def finished(store: RunStore, name: str) -> None:
    claim = store.start(tiny_config(name))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)


def test_a_tick_does_not_move_to_another_run_when_one_is_added(store: RunStore) -> None:
    finished(store, "first")
    finished(store, "second")
    session = tick(open_page("runs"), 1)
    assert {title.partition(" (")[0] for title in curves(session)} == {"first"}
    finished(store, "third")
    shown(session.run())
    assert {title.partition(" (")[0] for title in curves(session)} == {"third"}, "nothing is ticked: the newest"


def test_ticks_of_one_page_are_not_taken_for_the_next(store: RunStore) -> None:
    for number in range(60):
        finished(store, f"run {number}")
    session = tick(open_page("runs"), 3, 40)
    chosen = curves(session)
    assert len(chosen) == 2
    shown(session.number_input[0].set_value(2).run())
    assert not {title.partition(" (")[0] for title in curves(session)} & set(table(session)["name"][1:])
