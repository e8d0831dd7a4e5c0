"""Runs of one configuration, in one row and as one band."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunStore
from tests.pages.helpers import links, open_page, says, shown
from tests.pages.runs_page import chosen, click, drawn, table, tick, view
from tests.runs.test_catalogue import ended

pytestmark = pytest.mark.usefixtures("idle")


def test_the_seeds_of_a_configuration_are_one_band_at_first(store: RunStore) -> None:
    for seed in range(2):
        ended(store, "seeds", 0.2, 0.3 + seed / 10, seed=seed)
    session = tick(view(open_page("runs"), "By configuration"), 0)
    assert says(session, "Band: mean")
    shown(session.toggle("curves-band-at-first").set_value(False).run())
    assert drawn(session) == {"seeds"}
    assert not says(session, "Band: mean")
    click(session, "choose-family")
    assert not says(session, "Band: mean")


def test_seeds_of_one_configuration_stand_in_one_row_with_mean_and_spread(store: RunStore) -> None:
    for seed, accuracy in enumerate((0.5, 0.6, 0.7)):
        run = ended(store, "seeds", accuracy=accuracy, seed=seed)
    store.record_test_accuracy(run.id, 0.65)
    ended(store, "alone", accuracy=0.4, batch_size=32)
    session = view(open_page("runs"), "By configuration")
    rows = table(session).set_index("newest")
    assert sorted(rows.index) == ["alone", "seeds"]
    seeds = rows.loc["seeds"]
    assert (seeds["runs"], seeds["best"], seeds["± best"]) == (3, pytest.approx(60), pytest.approx(10))
    assert (seeds["test"], seeds["of"], seeds["test is"]) == (pytest.approx(65), 1, "validation-chosen")
    assert seeds["best is"] == "on validation"
    assert rows["± best"].isna()["alone"]
    assert not links(session)
    tick(session, list(rows.index).index("seeds"))
    assert list(session.dataframe[1].value["seed"]) == [2, 1, 0]
    click(session, "choose-family")
    assert chosen(session) == ["seeds"] * 3
    assert session.segmented_control("runs-view").value == "Each run"
