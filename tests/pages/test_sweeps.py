"""Sweeps: set up on Training, and read on Runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps import Choice, Span, SweepSpec
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.sweeps.driver import ENDED_EARLY, SweepDriver
from cifar_core.ui.training.sweep_form import FORM
from cifar_core.ui.training.sweep_parameters import LINK
from tests.pages.helpers import button_keys, go_to, links, open_page, says, shown, toasts
from tests.sweeps.conftest import drive_to_the_end, tiny_sweep

pytestmark = pytest.mark.usefixtures("idle")


@pytest.fixture
def store() -> Iterator[RunStore]:
    with closing(RunStore()) as store:
        yield store


@pytest.fixture
def done(store: RunStore) -> SweepDriver:
    """A sweep that is over."""
    spec = tiny_sweep("lr=0.05..0.5:log", "width_scale=0.5,1", trials=5, sampler="random", pruner="none")
    driver = SweepDriver(store, store.add_sweep("a search", spec.to_json()).id)
    drive_to_the_end(store, driver)
    return driver


def stored(store: RunStore) -> SweepSpec:
    (sweep,) = store.list_sweeps()
    return SweepSpec.parse(sweep.spec_json)


def open_form() -> AppTest:
    """Training with the form of a sweep open, as the URL says."""
    return open_page("training", **{"dataset": "digits", FORM: "true"})


def put(session: AppTest, key: str, value: object) -> AppTest:
    """Chooses or types a value in the widget of a key."""
    widgets = [*session.selectbox, *session.text_input, *session.number_input]
    (widget,) = (each for each in widgets if each.key == key)
    return shown(widget.set_value(value).run())


def test_the_form_starts_a_sweep_around_the_run_of_the_form(store: RunStore) -> None:
    session = open_form()
    assert {"sweep.drop.0", "sweep.drop.1", "sweep-add", "sweep-start"} <= button_keys(session)
    put(session, "sweep.values.0", "0.01..0.2:log")
    put(session, "sweep.field.1", "label_smoothing")
    assert session.text_input("sweep.values.1").value == "0,0.05,0.1"  # the suggestion follows the field
    put(session, "sweep.trials", 4)
    put(session, "sweep.minutes", 30.0)
    shown(session.button("sweep-start").click().run())
    spec = stored(store)
    assert spec.parameters == (
        Span(name="lr", low=0.01, high=0.2, log=True),
        Choice(name="label_smoothing", values=(0, 0.05, 0.1)),
    )
    assert (spec.trials, spec.minutes, spec.pruner, spec.legal_only) == (4, 30, "median", True)
    assert spec.base.dataset == "digits"
    assert spec.base.architecture.name == "seed-model-3"
    assert any("begins" in toast for toast in toasts(session))
    assert "See the sweep" in links(session)


def test_a_folded_form_is_not_drawn(store: RunStore) -> None:
    assert "sweep-start" not in button_keys(open_page("training", dataset="digits"))
    assert "sweep-start" in button_keys(open_form())


def test_parameters_come_and_go(store: RunStore) -> None:
    session = open_form()
    shown(session.button("sweep-add").click().run())
    assert session.selectbox("sweep.field.2").value == "optimizer.weight_decay"
    shown(session.button("sweep.drop.0").click().run())
    shown(session.button("sweep.drop.1").click().run())
    assert session.button("sweep.drop.2").disabled
    shown(session.button("sweep-start").click().run())
    (parameter,) = stored(store).parameters
    assert parameter.name == "optimizer.weight_decay"


LINKED = '["epochs=1,2","label_smoothing=0..0.2"]'


def test_a_link_opens_the_form_as_it_was_left(store: RunStore) -> None:
    query = {"dataset": "digits", FORM: "true", LINK: LINKED, "sweep.trials": "7", "sweep.sampler": "At random"}
    session = open_page("training", **query)
    assert session.query_params[LINK] == LINKED
    shown(session.button("sweep-start").click().run())
    spec = stored(store)
    assert spec.parameters == (Choice(name="epochs", values=(1, 2)), Span(name="label_smoothing", low=0, high=0.2))
    assert (spec.trials, spec.sampler) == (7, "random")


@pytest.mark.parametrize("text", ["", "[", "3", "[3]", '["lr"]', "{}", "[" * 100_000])
def test_a_link_that_was_damaged_opens_the_usual_form(store: RunStore, text: str) -> None:
    session = open_page("training", **{"dataset": "digits", FORM: "true", LINK: text})
    assert session.text_input("sweep.values.1").value == "0.5,0.75,1"


@pytest.mark.parametrize("seeks", ["params", "macs"])
def test_two_aims_end_no_trial_early(store: RunStore, seeks: str) -> None:
    session = open_form()
    put(session, "sweep.seeks", seeks)
    assert not [box for box in session.selectbox if box.key == "sweep.pruner"]
    shown(session.button("sweep-start").click().run())
    assert (stored(store).objectives, stored(store).pruner) == (("accuracy", seeks), "none")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("", "Learning rate is without values: it must be a range"),
        ("0.1", "Learning rate is '0.1' alone"),
        ("0.1..99", "Learning rate is 99"),
        ("fast,slow", "Learning rate is 'fast'"),
    ],
)
def test_what_cannot_be_searched_is_told_and_nothing_starts(store: RunStore, values: str, sentence: str) -> None:
    session = open_form()
    put(session, "sweep.values.0", values)
    assert says(session, sentence)
    assert session.button("sweep-start").disabled
    assert not session.button("launch").disabled


def test_what_is_wrong_stands_once_at_its_row(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.values.1", "0.5,-1")
    assert [caption for caption in session.caption if "Width of all layers is -1" in caption.value]
    assert not [error for error in session.error if "Width of all layers is -1" in error.value]
    put(session, "sweep.values.1", "0.5,1")
    put(session, "sweep.field.0", "width_scale")
    assert says(session, "Width of all layers varies in a row above already.")
    assert session.button("sweep-start").disabled


def test_only_validation_images_choose(store: RunStore) -> None:
    session = open_form()
    put(session, "recipe.protocol", "seed")
    assert says(session, "A sweep chooses on validation images")
    assert "sweep-start" not in button_keys(session)


def test_a_range_that_is_written_another_way_is_told_how(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.field.0", "label_smoothing")
    put(session, "sweep.values.0", "0 - 0.1")
    assert says(session, "Label smoothing is '0 - 0.1': a range has two dots, 0..0.1.")


def test_what_begins_in_the_form_is_allowed_for_the_longest_run(store: RunStore) -> None:
    session = open_form()
    put(session, "recipe.epochs", 2000)
    put(session, "sweep.field.0", "epochs")
    assert session.text_input("sweep.values.0").value == "1000,2000"
    assert not session.button("sweep-start").disabled


def test_a_trial_that_the_sweep_ended_early_says_so_where_runs_train(store: RunStore) -> None:
    run = store.launch_trial(store.add_sweep("a search", tiny_sweep().to_json()).id, 0, tiny_sweep().base)
    claim = store.claim_next()
    assert claim is not None
    store.request_stop(run.id, ENDED_EARLY)
    store.report_end(claim, RunState.STOPPED)
    session = open_page("training", run=run.id)
    assert says(session, ENDED_EARLY)


def test_without_a_sweep_runs_says_where_to_set_one_up(store: RunStore) -> None:
    store.enqueue(tiny_sweep().base)
    session = open_page("runs")
    shown(session.segmented_control("runs-view").set_value("Sweeps").run())
    assert says(session, "There are no sweeps yet")
    assert "Set one up on Training" in links(session)


def test_a_sweep_tells_its_best_its_front_and_every_trial(done: SweepDriver) -> None:
    session = open_page("runs", sweep=done.id)
    assert session.segmented_control("runs-view").value == "Sweeps"
    assert says(session, "a search", "5 of 5 trials begun", "5 completed")
    assert says(session, "Best: trial ")
    assert says(session, "Varies: Learning rate", "Width of all layers")
    assert says(session, "reads no test set")
    table = session.dataframe[0].value
    assert list(table["trial"]) == [5, 4, 3, 2, 1]
    assert set(table["Pareto"]) == {"front", ""}
    assert set(table["Width of all layers"]) <= {"0.5", "1"}
    assert {"Open it", "Its mistakes"} <= set(links(session))


def test_ticked_trials_are_compared(done: SweepDriver, store: RunStore) -> None:
    session = open_page("runs", sweep=done.id)
    session.session_state[str(session.dataframe[0].key)] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    shown(session.run())
    shown(session.button("compare-trials").click().run())
    assert session.segmented_control("runs-view").value == "Each run"
    assert says(session, "2 runs chosen")
    assert "sweep" not in session.query_params


@pytest.mark.parametrize(
    ("state", "button"), [(SweepState.RUNNING, "stop-sweep"), (SweepState.STOPPED, "resume-sweep")]
)
def test_a_sweep_is_stopped_and_resumed(
    store: RunStore, state: SweepState, button: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = store.add_sweep("a search", tiny_sweep().to_json())
    if state == SweepState.STOPPED:
        store.request_sweep_stop(sweep.id)
        store.end_sweep(sweep.id, SweepState.COMPLETED)
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    session = open_page("runs", sweep=sweep.id)
    shown(session.button(button).click().run())
    wanted = SweepState.STOPPING if state == SweepState.RUNNING else SweepState.RUNNING
    assert store.get_sweep(sweep.id).state == wanted


def test_a_link_to_a_sweep_that_is_not_there_is_told(done: SweepDriver) -> None:
    session = open_page("runs", sweep="nope")
    assert says(session, "There is no sweep nope in this store")
    assert says(session, "a search")


def test_illegal_trials_are_told_apart(store: RunStore) -> None:
    spec = tiny_sweep("lr=0.05,0.1", legal_only=True)
    driver = SweepDriver(store, store.add_sweep("a search", spec.to_json()).id)
    driver.step()
    session = open_page("runs", sweep=driver.id)
    assert says(session, "Of 2 trials none could be trained")
    assert says(session, "Trial 1", "breaks the assignment's rules")


def test_the_sweep_in_view_stays_through_other_pages(done: SweepDriver) -> None:
    session = open_page("runs", sweep=done.id)
    go_to(session, "home")
    go_to(session, "runs")
    assert says(session, "a search", "5 completed")


def test_without_ray_the_form_says_what_it_would_bring(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.ui.training.sweep_place.has_ray", lambda: False)
    session = open_form()
    shown(session.radio("sweep.where").set_value("On a Ray cluster").run())
    assert says(session, "pip install -r requirements-ray.txt")
    assert session.button("sweep-start").disabled


def test_with_ray_a_sweep_goes_to_the_cluster_that_is_named(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.ui.training.sweep_place.has_ray", lambda: True)
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    session = open_form()
    shown(session.radio("sweep.where").set_value("On a Ray cluster").run())
    assert says(session, "still missing")
    put(session, "sweep.address", "head:8265")
    put(session, "sweep.folder", "/shared")
    assert says(session, "address is 'head:8265'")
    assert session.button("sweep-start").disabled
    put(session, "sweep.address", "http://head:8265")
    put(session, "sweep.gpus", 0.5)
    shown(session.button("sweep-start").click().run())
    (sweep,) = store.list_sweeps()
    place = ClusterPlace.parse(sweep.cluster_json or "")
    assert place == ClusterPlace(address="http://head:8265", folder="/shared", gpus=0.5)


def test_the_same_sweep_is_started_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    session = open_form()
    for _ in range(2):
        shown(session.button("sweep-start").click().run())
    assert len(store.list_sweeps()) == 1
    assert any("runs already" in toast for toast in toasts(session))


def test_a_sweep_without_a_trial_says_what_it_waits_for_while_it_is_open(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    sweep = store.add_sweep("a search", tiny_sweep().to_json())
    assert says(open_page("runs", sweep=sweep.id), "Nothing was tried yet: its first trial begins when nothing else")
    store.end_sweep(sweep.id, SweepState.STOPPED)
    assert says(open_page("runs", sweep=sweep.id), "Nothing was tried.")


def test_a_space_without_a_legal_network_is_told_before_anything_starts(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.values.1", "4,8")
    assert any("can be trained. The network breaks the" in warning.value for warning in session.warning)
    put(session, "sweep.values.1", "0.5,8")
    assert not session.warning
    assert says(session, "combinations that were looked at would be passed over")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [("0.5..0.1", "Learning rate goes from 0.5 to 0.1"), ("0.1,0.1", "Learning rate has a value twice")],
)
def test_every_sentence_calls_the_field_by_its_title(store: RunStore, values: str, sentence: str) -> None:
    session = open_form()
    put(session, "sweep.values.0", values)
    assert says(session, sentence)


def test_a_damaged_sweep_is_a_sentence_and_can_be_thrown_away(store: RunStore, done: SweepDriver) -> None:
    broken = store.add_sweep("broken", "{}")
    store.end_sweep(broken.id, SweepState.FAILED)
    session = open_page("runs", sweep=broken.id)
    assert says(session, "The sweep's search space cannot be read")
    shown(session.button("delete-sweep-now").click().run())
    assert says(session, "a search", "5 completed")
    assert len(store.list_sweeps()) == 1


def test_a_parameter_has_its_own_column_whatever_it_is_called(store: RunStore) -> None:
    driver = SweepDriver(store, store.add_sweep("a search", tiny_sweep("epochs=1,2", trials=2).to_json()).id)
    drive_to_the_end(store, driver)
    table = open_page("runs", sweep=driver.id).dataframe[0].value
    assert sorted(table["Epochs"]) == ["1", "2"]
    assert sorted(table["epochs done"]) == [1, 2]
