"""Runs, files and sweeps that are deleted or damaged under way."""

from __future__ import annotations

import pytest

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunState, RunStore
from cifar_core.runs.experiment import execute_run
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.giving_up import give_up
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study import FILE
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import Drive, tiny_sweep, train_next


def test_a_deleted_run_that_was_interrupted_is_given_up(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    store.report_end(claim, RunState.INTERRUPTED, "Gone.")
    store.delete([claim.run_id])
    assert driver.step().is_over
    assert driver.study.trials()[0].state == TrialState.FAILED


def test_a_sweep_whose_file_is_gone_is_told_of(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    (store.folder / FILE).unlink()
    for look in (lambda: SweepDriver(store, driver.id), lambda: sweep_results(store, driver.id)):
        with pytest.raises(StoreError, match=r"sweeps\.db is missing"):
            look()


def test_a_file_that_was_made_anew_by_another_sweep_is_told_of(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    (store.folder / FILE).unlink()
    drive(tiny_sweep())
    for look in (lambda: SweepDriver(store, driver.id), lambda: sweep_results(store, driver.id)):
        with pytest.raises(StoreError, match=r"sweeps\.db does not know trial 1, whose run is there"):
            look()


@pytest.mark.parametrize("is_training", [False, True])
def test_a_sweep_that_is_given_up_stops_its_run_and_goes_on_with_it(
    is_training: bool, store: RunStore, drive: Drive
) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next() if is_training else None
    store.request_sweep_stop(driver.id)
    give_up(store, driver.id, SweepState.STOPPED, "The file is locked.")
    sweep = store.get_sweep(driver.id)
    assert (sweep.state, sweep.problem) == (SweepState.STOPPED, "The file is locked.")
    (run,) = store.sweep_runs(driver.id).values()
    assert run.state == (RunState.STOPPING if is_training else RunState.STOPPED)
    if claim is not None:
        assert execute_run(store, claim).state == RunState.STOPPED
    assert store.claim_next() is None
    store.resume_sweep(driver.id)
    again = SweepDriver(store, driver.id)
    again.step()
    train_next(store)
    assert again.step().is_over
    assert [trial.state for trial in again.study.trials()] == [TrialState.COMPLETED]


def test_a_file_that_breaks_under_way_is_one_sentence(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    (store.folder / FILE).write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match="The sweep's trials cannot be read or kept"):
        driver.step()


def test_a_deleted_sweep_leaves_its_runs(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    with pytest.raises(SpecError, match="stop it first"):
        store.delete_sweep(driver.id)
    run = train_next(store)
    driver.step()
    store.delete_sweep(driver.id)
    assert store.list_sweeps() == []
    assert store.get(run.id).sweep_id is None
