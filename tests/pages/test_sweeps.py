"""Sweeps as Runs shows them, and a trial as Training does."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.driver import ENDED_EARLY, SweepDriver
from tests.pages.helpers import go_to, links, open_page, says, shown
from tests.sweeps.conftest import drive_to_the_end, tiny_sweep

pytestmark = pytest.mark.usefixtures("idle")


@pytest.fixture
def done(store: RunStore) -> SweepDriver:
    """A sweep that is over."""
    spec = tiny_sweep("lr=0.05..0.5:log", "width_scale=0.5,1", trials=5, sampler="random", pruner="none")
    driver = SweepDriver(store, store.add_sweep("a search", spec.to_json()).id)
    drive_to_the_end(store, driver)
    return driver


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


def test_a_sweep_without_a_trial_says_what_it_waits_for_while_it_is_open(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    sweep = store.add_sweep("a search", tiny_sweep().to_json())
    assert says(open_page("runs", sweep=sweep.id), "Nothing was tried yet: its first trial begins when nothing else")
    store.end_sweep(sweep.id, SweepState.STOPPED)
    assert says(open_page("runs", sweep=sweep.id), "Nothing was tried.")


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
