"""The Runs page: filter, order, ticks, what is done with runs, configurations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run, RunFilter, RunState, RunStore
from cifar_core.ui.runs.filters import ROWS_A_PAGE
from tests.pages.helpers import go_to, links, open_page, says, shown, toasts
from tests.runs.test_catalogue import ended
from tests.tiny import some_metrics, tiny_config

pytestmark = pytest.mark.usefixtures("idle")


def table(session: AppTest) -> DataFrame:
    return session.dataframe[0].value


def names(session: AppTest) -> list[str]:
    return list(table(session)["name"])


def tick(session: AppTest, *rows: int) -> AppTest:
    """As the browser tells which rows are ticked now."""
    key = session.dataframe[0].key
    assert key is not None
    session.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return shown(session.run())


def ticks(session: AppTest) -> list[int]:
    return list(session.session_state[str(session.dataframe[0].key)]["selection"]["rows"])


def view(session: AppTest, name: str) -> AppTest:
    return shown(session.segmented_control("runs-view").set_value(name).run())


def choose(session: AppTest, key: str, *values: str) -> AppTest:
    return shown(session.multiselect(key).set_value(list(values)).run())


def sort_by(session: AppTest, order: str) -> AppTest:
    return shown(session.selectbox("sort").set_value(order).run())


def click(session: AppTest, key: str) -> AppTest:
    return shown(session.button(key).click().run())


def pane(session: AppTest, name: str) -> AppTest:
    return shown(session.segmented_control("runs-pane").set_value(name).run())


def drawn(session: AppTest) -> set[str]:
    """Names of the runs whose curves are drawn."""
    (chart,) = session.get("vega_lite_chart")
    titles = chart.proto.alt.partition(" of ")[2].split(", ")
    return {title.partition(" (")[0] for title in titles}


def chosen(session: AppTest) -> list[str]:
    """Names of the chosen runs, as the page tells them."""
    told = next((line.value for line in session.markdown if "chosen**" in line.value), "")
    return [name.partition(" (")[0] for name in told.partition(": ")[2].split(", ") if name]


def box(widgets: Iterable[Any], key: str) -> Any:
    """The widget whose key begins so: the rest of it tells which run it is about."""
    (found,) = (widget for widget in widgets if (widget.key or "").startswith(key))
    return found


# The table


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


# Filter, order, pages


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


# Ticks and links


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


# What is done with runs


def test_a_run_gets_another_name_tags_and_a_note(store: RunStore) -> None:
    run = ended(store, "before")
    session = tick(open_page("runs"), 0)
    box(session.text_input, "name-").set_value("after")
    click(session, "rename-save")
    assert names(session) == ["after"]
    assert toasts(session) == [f"after ({run.id[-6:]}) has its new name."]
    box(session.text_area, "note-").set_value("It *dips*.")
    click(session, "note-save")
    assert "It *dips*." in [text.value for text in session.main.text]
    store.set_tags(run.id, ["b", "a"])
    shown(session.run())
    assert box(session.multiselect, "tags-").value == ["a", "b"]
    box(session.multiselect, "tags-").set_value(["b"])
    shown(session.run())
    assert store.get(run.id).tags == ("b",)
    assert list(table(session)["tags"]) == [["b"]]


def test_an_empty_name_is_refused_in_a_sentence(store: RunStore) -> None:
    ended(store, "stays")
    session = tick(open_page("runs"), 0)
    box(session.text_input, "name-").set_value(" ")
    click(session, "rename-save")
    assert any("name" in toast for toast in toasts(session))
    assert names(session) == ["stays"]


def test_several_runs_are_tagged_at_once_and_keep_their_own(store: RunStore) -> None:
    one, two = ended(store, "one"), ended(store, "two")
    store.set_tags(one.id, ["both", "own"])
    store.set_tags(two.id, ["both"])
    session = tick(open_page("runs"), 0, 1)
    tags = box(session.multiselect, "tags-")
    assert (tags.label, tags.value) == ("Tags of all of them", ["both"])
    tags.set_value(["own"])
    shown(session.run())
    assert (store.get(one.id).tags, store.get(two.id).tags) == (("own",), ("own",))


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


# Below the table


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


# Configurations


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


# While something trains


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
