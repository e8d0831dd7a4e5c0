"""Filter, order and pages of the table of runs."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunStore
from cifar_core.ui.runs.filters import ROWS_A_PAGE
from tests.pages.helpers import go_to, open_page, says, shown
from tests.pages.runs_page import choose, click, names, sort_by, table
from tests.runs.test_catalogue import ended
from tests.tiny import tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def test_a_filter_lets_through_what_it_names_and_can_be_cleared(store: RunStore) -> None:
    ended(store, "by validation")
    run = ended(store, "as the seed", protocol="seed")
    store.set_tags(run.id, ["keep"])
    session = open_page("runs")
    assert names(session) == ["as the seed", "by validation"]
    assert names(choose(session, "protocol", "validation")) == ["by validation"]
    shown(session.text_input("find").set_value("seed").run())
    assert says(session, "No run passes this filter")
    click(session, "clear-filter")
    assert names(session) == ["as the seed", "by validation"]
    assert session.multiselect("tag").options == ["keep"]
    assert names(choose(session, "tag", "keep")) == ["as the seed"]
    choose(session, "tag")
    assert names(choose(session, "state", "failed", "completed")) == ["as the seed", "by validation"]
    choose(session, "data", "cifar10")
    assert says(session, "No run passes this filter")


def test_filter_and_order_stay_over_changes_of_page(store: RunStore) -> None:
    ended(store, "b")
    ended(store, "a")
    ended(store, "other")
    session = sort_by(open_page("runs"), "name")
    assert names(session) == ["a", "b", "other"]
    shown(session.text_input("find").set_value("o").run())
    assert names(go_to(go_to(session, "home"), "runs")) == ["other"]


def test_a_filter_comes_with_the_link(store: RunStore) -> None:
    ended(store, "one")
    ended(store, "two")
    assert names(open_page("runs", find="two")) == ["two"]


def test_a_ranking_never_mixes_what_accuracies_mean(store: RunStore) -> None:
    ended(store, "low", accuracy=0.3)
    ended(store, "high", accuracy=0.6)
    ended(store, "on the test set", accuracy=0.9, protocol="seed")
    ended(store, "few images", accuracy=0.8, limit_train=64)
    store.enqueue(tiny_config("waits"))
    session = open_page("runs")
    assert "rank" not in table(session)
    rows = table(sort_by(session, "best accuracy"))
    groups = list(rows["ranked among"])
    assert groups == sorted(groups, key=groups.index), "each group in one piece"
    assert dict(zip(rows["name"], rows["rank"], strict=True)) | {"waits": None} == {
        "high": 1,
        "low": 2,
        "on the test set": 1,
        "few images": 1,
        "waits": None,
    }
    assert len(set(groups)) == 3
    assert "digits, validation, 64 images" in groups


def test_sixty_runs_take_two_pages_and_another_filter_begins_at_the_first(store: RunStore) -> None:
    expected = [f"run {number}" for number in range(59, -1, -1)]
    for name in reversed(expected):
        store.enqueue(tiny_config(name))
    session = open_page("runs")
    assert names(session) == expected[:ROWS_A_PAGE]
    assert says(session, "60 runs, 1 to 50 shown")
    (page,) = session.number_input
    assert (page.label, page.min, page.max) == ("Page of the table", 1, 2)
    shown(page.set_value(2).run())
    assert names(session) == expected[ROWS_A_PAGE:]
    assert names(go_to(go_to(session, "home"), "runs")) == expected[ROWS_A_PAGE:], "it stays over changes of page"
    choose(session, "state", "queued")
    assert names(session) == expected[:ROWS_A_PAGE]
