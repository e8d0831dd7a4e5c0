"""Which runs are chosen, by ticks and by links, and what stands below the table of them."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunStore
from tests.pages.helpers import go_to, links, open_page, says, shown
from tests.pages.runs_page import chosen, click, drawn, pane, tick, ticks
from tests.runs.test_catalogue import ended
from tests.tiny import tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def test_where_nothing_is_ticked_the_newest_curve_is_shown(store: RunStore) -> None:
    ended(store, "older")
    ended(store, "newer")
    store.enqueue(tiny_config("waits"))
    session = open_page("runs")
    assert says(session, "the newest curve")
    assert links(session) == ["Open in Training", "See its mistakes"]
    assert not chosen(session)
    assert chosen(tick(session, 1, 2)) == ["newer", "older"]
    assert says(tick(session), "the newest curve")


def test_ticks_stay_with_their_runs_over_filters_pages_and_new_runs(store: RunStore) -> None:
    for name in ("first", "second", "third"):
        ended(store, name)
    session = tick(open_page("runs"), 2)
    assert chosen(session) == ["first"]
    ended(store, "fourth")
    shown(session.run())
    assert (chosen(session), ticks(session)) == (["first"], [3])
    shown(session.text_input("find").set_value("second").run())
    assert chosen(session) == ["first"], "out of sight, and still chosen"
    tick(session, 0)
    assert chosen(session) == ["first", "second"]
    shown(session.text_input("find").set_value("").run())
    assert ticks(session) == [2, 3]
    go_to(go_to(session, "home"), "runs")
    assert (chosen(session), ticks(session)) == (["first", "second"], [2, 3])
    tick(session, 2)
    assert chosen(session) == ["second"]
    click(session, "untick-runs")
    assert not chosen(session)
    assert ticks(session) == []


def test_a_link_chooses_runs_once(store: RunStore) -> None:
    first, second = ended(store, "first"), ended(store, "second")
    ended(store, "third")
    assert chosen(open_page("runs", run=first.id)) == ["first"]
    session = open_page("runs", run=f"{second.id},{first.id[-6:]}")
    assert chosen(session) == ["second", "first"]
    assert ticks(session) == [1, 2]
    assert session.query_params["run"] == f"{second.id},{first.id}"
    tick(session, 1)
    assert chosen(session) == ["second"]
    assert session.query_params["run"] == second.id, "the link tells what is chosen now"
    tick(session)
    assert "run" not in session.query_params


def test_a_link_to_no_run_says_so_and_the_others_stay(store: RunStore) -> None:
    run = ended(store, "there")
    session = open_page("runs", run=f"nonsense,{run.id}")
    assert says(session, "There is no run 'nonsense'")
    assert chosen(session) == ["there"]


def test_a_chosen_run_that_was_deleted_elsewhere_is_told_of_and_the_others_stay(store: RunStore) -> None:
    runs = [ended(store, name) for name in ("one", "two", "three")]
    session = tick(open_page("runs"), 0, 1)
    store.delete([runs[1].id])
    shown(session.run())
    assert says(session, f"Run {runs[1].id[-6:]} was deleted, and no longer chosen.")
    assert chosen(session) == ["three"]
    assert not says(shown(session.run()), "was deleted")


def test_the_panes_are_about_the_chosen_runs(store: RunStore) -> None:
    ended(store, "one", 0.2, 0.3)
    ended(store, "two", 0.4, 0.5, batch_size=32)
    session = tick(open_page("runs"), 0, 1)
    assert drawn(session) == {"two", "one"}
    assert drawn(tick(session, 1)) == {"one"}
    pane(tick(session, 0, 1), "Differences")
    assert "32" in session.dataframe[1].value.to_string(), "the batch size of one of them"
    pane(session, "Analysis")
    assert says(session, "By epoch")
    shown(session.selectbox("one-run").set_value(store.find_runs()[1].id).run())
    pane(session, "Rules")
    assert says(session, "The run", "one")
