"""A sweep that is stopped, or dies at any moment, and goes on."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.trial import Trial

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.config import preset_config
from cifar_core.runs.experiment import execute_run
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps import SweepSpec
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study import FILE, Study
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import Drive, drive_to_the_end, tiny_sweep, train_next


def states(store: RunStore, driver: SweepDriver) -> list[str]:
    return [str(trial.trial.state) for trial in sweep_results(store, driver.id, with_importances=False).trials]


def test_a_person_who_stops_one_trial_stops_no_other(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    (waiting,) = store.waiting(1)
    store.request_stop(waiting.id)
    step = driver.step()
    assert (step.ended, step.started) == ((0,), 1)
    assert driver.study.trials()[0].state == TrialState.FAILED
    train_next(store)
    drive_to_the_end(store, driver)
    assert states(store, driver) == ["failed", "completed", "completed"]


def test_a_stopped_sweep_goes_on_with_the_trial_that_it_stopped(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    store.request_sweep_stop(driver.id)
    while not driver.step().is_over:
        pass
    assert store.get_sweep(driver.id).state == SweepState.STOPPED
    (run,) = store.sweep_runs(driver.id).values()
    assert run.state == RunState.STOPPED
    store.resume_sweep(driver.id)
    again = SweepDriver(store, driver.id)
    again.step()
    assert store.get(run.id).state == RunState.QUEUED
    train_next(store)
    drive_to_the_end(store, again)
    assert states(store, again) == ["completed"] * 3
    assert len(store.sweep_runs(driver.id)) == 3


def test_what_died_is_taken_up_again_once(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    for tries in (1, 2):
        claim = store.claim_next()
        assert claim is not None
        store.report_end(claim, RunState.INTERRUPTED, "The process that trained it ended without finishing.")
        step = driver.step()
        assert driver.study.trials()[0].tries == 1
        assert step.is_over == (tries == 2)
    assert driver.study.trials()[0].state == TrialState.FAILED
    sweep = store.get_sweep(driver.id)
    assert (sweep.state, sweep.problem) == (SweepState.FAILED, "Of 1 trial none was trained to its end.")


def test_another_program_goes_on_from_any_moment(store: RunStore, drive: Drive) -> None:
    spec = tiny_sweep(sampler="random")
    undisturbed = drive(spec)
    drive_to_the_end(store, undisturbed)
    sweep_id = drive(spec).id
    for _ in range(50):
        step = SweepDriver(store, sweep_id).step()  # a new one each time knows nothing but what is stored
        if step.is_over:
            break
        if step.started is not None:
            train_next(store)
    assert [trial.values for trial in Study(store.folder / FILE, sweep_id, spec).trials()] == [
        trial.values for trial in undisturbed.study.trials()
    ]
    assert len(store.sweep_runs(sweep_id)) == 3


def test_an_illegal_trial_that_was_asked_for_right_before_the_end_is_passed_over(store: RunStore, drive: Drive) -> None:
    base = preset_config("seed-model-3", "digits").model_dump()
    driver = drive(tiny_sweep("width_scale=3,1", base=base, legal_only=True, sampler="grid", trials=None))
    assert driver.study.ask() == driver.study.trials()[0]  # and here the program died, before it was judged
    step = driver.step()
    assert step.ended == (0,)
    assert [trial.state for trial in driver.study.trials()] == [TrialState.ILLEGAL, TrialState.RUNNING]
    assert store.waiting(2)[0].num_params == 97_264
    assert len(store.waiting(2)) == 1


def test_a_trial_that_repeats_another_is_not_trained_again(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep("epochs=1,2", sampler="random", trials=4, seed=1))
    asked = [driver.study.ask() for _ in range(3)]  # and here the program died
    assert [trial and trial.values["epochs"] for trial in asked] == [2, 2, 1]
    driver.step()
    states = [trial.state for trial in driver.study.trials()]
    assert states == [TrialState.RUNNING, TrialState.REPEATED, TrialState.RUNNING]
    assert {run.config.training.epochs for run in store.waiting(3)} == {1, 2}


@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_a_trial_that_was_drawn_in_part_is_drawn_anew(sampler: str, store: RunStore, drive: Drive) -> None:
    spec = tiny_sweep("lr=0.1,0.2", "batch_size=16,32", sampler=sampler, trials=4)
    driver = drive(spec)
    die_while_drawing(driver, spec)
    drive_to_the_end(store, driver)
    first, *others = driver.study.trials()
    assert (first.state, first.why) == (TrialState.ILLEGAL, "It was being drawn when its program ended.")
    trained = [trial for trial in others if trial.state == TrialState.COMPLETED]
    assert len({tuple(trial.values.values()) for trial in trained}) == 4
    assert store.get_sweep(driver.id).state == SweepState.COMPLETED
    assert len(store.sweep_runs(driver.id)) == 4


def die_while_drawing(driver: SweepDriver, spec: SweepSpec) -> None:
    """Asks as a program does that is killed before the last value is kept."""
    draw = Trial._suggest

    def draw_all_but_the_last(trial: Trial, name: str, *rest: Any) -> Any:
        if name == spec.parameters[-1].name:
            raise KeyboardInterrupt
        return draw(trial, name, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trial, "_suggest", draw_all_but_the_last)
        with pytest.raises(KeyboardInterrupt):
            driver.study.ask()


def test_a_trial_whose_run_was_never_queued_is_queued(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    asked = driver.study.ask()  # and here the program died
    assert asked is not None
    driver.step()
    assert store.sweep_runs(driver.id)[0].config.training.optimizer.learning_rate == asked.values["lr"]
    train_next(store)
    assert driver.step().is_over
    assert states(store, driver) == ["completed"]


def test_a_parked_trial_that_a_person_resumes_and_stops_stays_stopped(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    store.request_sweep_stop(driver.id)
    while not driver.step().is_over:
        pass
    (run,) = store.sweep_runs(driver.id).values()
    store.resume_sweep(driver.id)
    store.resume(run.id)
    again = SweepDriver(store, driver.id)
    again.step()
    store.request_stop(run.id)
    again.step()
    assert store.get(run.id).state == RunState.STOPPED
    assert again.study.trials()[0].state == TrialState.FAILED


def test_a_sweep_that_is_just_stopping_can_be_resumed(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    store.request_sweep_stop(driver.id)
    driver.step()
    assert store.resume_sweep(driver.id).state == SweepState.RUNNING
    driver.step()
    (run,) = store.sweep_runs(driver.id).values()
    assert run.state == RunState.QUEUED


def test_a_trial_whose_run_is_just_stopping_goes_on_when_the_sweep_is_resumed(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    store.request_sweep_stop(driver.id)
    driver.step()
    store.resume_sweep(driver.id)
    driver.step()
    assert execute_run(store, claim).state == RunState.STOPPED
    driver.step()
    train_next(store)
    assert driver.step().is_over
    assert states(store, driver) == ["completed"]
