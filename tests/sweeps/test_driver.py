"""A sweep that goes well, from its first trial to its end."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import Drive, drive_to_the_end, tiny_sweep, train_next


def test_trials_are_ordinary_runs_that_differ_in_what_varies(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep("lr=0.05..0.5:log", "label_smoothing=0,0.1"))
    drive_to_the_end(store, driver)
    assert store.get_sweep(driver.id).state == SweepState.COMPLETED
    results = sweep_results(store, driver.id)
    assert len(results.trials) == 3
    assert len({trial.run.config.training.optimizer.learning_rate for trial in results.trials if trial.run}) == 3
    for number, trial in enumerate(results.trials):
        run = trial.run
        assert run is not None
        assert (run.state, run.sweep_id, run.sweep_trial) == (RunState.COMPLETED, driver.id, number)
        assert run.name == f"sweep {number + 1}"
        values = {
            "lr": run.config.training.optimizer.learning_rate,
            "label_smoothing": run.config.training.label_smoothing,
        }
        assert trial.trial.values == values
        assert trial.accuracy == run.best_accuracy
    best = results.best
    assert best is not None
    assert best.accuracy == max(trial.accuracy for trial in results.trials if trial.accuracy is not None)


def test_no_trial_reads_the_test_set(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    drive_to_the_end(store, driver)
    (trial,) = sweep_results(store, driver.id).trials
    assert trial.run is not None
    assert trial.run.test_accuracy is None
    assert trial.run.clean_train_accuracy is not None
    assert not list(store.run_folder(trial.run.id).glob("*test*"))


def test_the_same_seed_samples_the_same_and_another_one_does_not(store: RunStore, drive: Drive) -> None:
    def values(seed: int) -> list[object]:
        driver = drive(tiny_sweep(sampler="random", seed=seed))
        drive_to_the_end(store, driver)
        return [trial.values for trial in driver.study.trials()]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_a_grid_is_gone_through_once(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep("lr=0.1,0.2", "label_smoothing=0,0.1", sampler="grid", trials=None))
    drive_to_the_end(store, driver)
    tried = [tuple(trial.values.values()) for trial in driver.study.trials()]
    assert sorted(tried) == [(0.1, 0), (0.1, 0.1), (0.2, 0), (0.2, 0.1)]
    assert store.get_sweep(driver.id).state == SweepState.COMPLETED


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_nothing_is_trained_twice_and_the_search_ends_with_the_last_combination(
    store: RunStore, drive: Drive, sampler: str
) -> None:
    driver = drive(tiny_sweep("label_smoothing=0,0.1,0.2", sampler=sampler, trials=50))
    drive_to_the_end(store, driver)
    assert len(store.sweep_runs(driver.id)) == 3
    assert store.get_sweep(driver.id).state == SweepState.COMPLETED
    told = driver.study.trials()
    assert {trial.state for trial in told} <= {TrialState.COMPLETED, TrialState.REPEATED}
    assert all(trial.why.startswith("The same as trial ") for trial in told if trial.state == TrialState.REPEATED)


def test_minutes_end_a_sweep_between_two_trials(store: RunStore) -> None:
    spec = tiny_sweep(trials=None, minutes=1)
    now = [0.0]
    driver = SweepDriver(store, store.add_sweep(spec.name, spec.to_json()).id, clock=lambda: now[0])
    assert driver.step().started == 0
    now[0] = 61.0
    assert not driver.step().is_over  # its trial is under way, and ends as usual
    train_next(store)
    assert driver.step().is_over
    sweep = store.get_sweep(driver.id)
    assert (sweep.state, sweep.spent_seconds) == (SweepState.COMPLETED, 61.0)


@pytest.mark.parametrize("second", ["params", "macs"])
def test_two_objectives_are_sought_together_without_pruning(store: RunStore, drive: Drive, second: str) -> None:
    driver = drive(
        tiny_sweep("width_scale=0.5,1,2", "lr=0.1,0.2", objectives=("accuracy", second), pruner="none", trials=4)
    )
    drive_to_the_end(store, driver)
    results = sweep_results(store, driver.id)
    assert results.count(TrialState.COMPLETED) >= 4
    assert len({trial.num_params for trial in results.trials if trial.run}) > 1
    assert results.front


def test_what_others_train_before_a_trial_is_none_of_the_sweep_s_minutes(store: RunStore) -> None:
    spec, now = tiny_sweep(trials=None, minutes=1), [0.0]
    driver = SweepDriver(store, store.add_sweep(spec.name, spec.to_json()).id, clock=lambda: now[0])
    driver.step()
    driver.step()
    now[0] = 1_000.0
    assert not driver.step().is_over
    assert store.get_sweep(driver.id).spent_seconds == 0
