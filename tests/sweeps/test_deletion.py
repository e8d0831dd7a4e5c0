"""A sweep that is thrown away."""

from __future__ import annotations

import optuna
import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.deletion import delete_sweep
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study import FILE
from tests.sweeps.conftest import Drive, drive_to_the_end, tiny_sweep


def studies(store: RunStore) -> list[str]:
    return optuna.get_all_study_names(f"sqlite:///{store.folder / FILE}")


def test_what_was_sampled_goes_with_it_and_its_runs_stay(store: RunStore, drive: Drive) -> None:
    gone, kept = drive(tiny_sweep(trials=2)), drive(tiny_sweep(trials=1))
    for driver in (gone, kept):
        drive_to_the_end(store, driver)
    delete_sweep(store, gone.id)
    assert [sweep.id for sweep in store.list_sweeps()] == [kept.id]
    assert studies(store) == [kept.id]
    assert store.count_runs() == 3
    assert len(kept.study.trials()) == 1


def test_one_that_goes_on_is_refused_and_loses_nothing(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    with pytest.raises(SpecError, match=r"is running: stop it first\."):
        delete_sweep(store, driver.id)
    assert studies(store) == [driver.id]
    assert len(store.sweep_runs(driver.id)) == 1


def test_one_that_somebody_resumed_meanwhile_keeps_what_was_sampled(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    drive_to_the_end(store, driver)
    store.end_sweep(driver.id, SweepState.STOPPED)
    store.resume_sweep(driver.id)
    with pytest.raises(SpecError, match="stop it first"):
        delete_sweep(store, driver.id)
    assert len(driver.study.trials()) == 1


def test_of_two_persons_who_delete_it_one_is_told(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    drive_to_the_end(store, driver)
    delete_sweep(store, driver.id)
    for late in (store.resume_sweep, store.request_sweep_stop, store.delete_sweep):
        with pytest.raises(SpecError, match="There is no sweep"):
            late(driver.id)
    with pytest.raises(SpecError, match="was removed meanwhile"):
        driver.step()


def test_a_look_makes_no_study(store: RunStore, drive: Drive) -> None:
    drive(tiny_sweep())
    stored = store.add_sweep("not begun", tiny_sweep().to_json())
    before = studies(store)
    assert sweep_results(store, stored.id).trials == ()
    assert studies(store) == before


def test_a_damaged_file_keeps_no_sweep(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    drive_to_the_end(store, driver)
    (store.folder / FILE).write_bytes(b"no database")
    delete_sweep(store, driver.id)
    assert store.list_sweeps() == []
    assert store.count_runs() == 1


def test_one_that_never_began_is_deleted_too(store: RunStore) -> None:
    sweep = store.add_sweep("never", tiny_sweep().to_json())
    store.request_sweep_stop(sweep.id)
    store.end_sweep(sweep.id, store.get_sweep(sweep.id).state)
    delete_sweep(store, sweep.id)
    assert store.list_sweeps() == []
    assert not (store.folder / FILE).exists()
