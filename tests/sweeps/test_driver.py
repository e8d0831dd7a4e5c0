"""A sweep from its first trial to its end, and through what can happen to it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cifar_core.architecture import find_preset, judge
from cifar_core.architecture.rules import all_required_pass
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunState, RunStore
from cifar_core.runs.config import preset_config
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps import SweepSpec
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study import FILE, Study, TrialState
from tests.sweeps.conftest import drive_to_the_end, tiny_sweep, train_next

Drive = Callable[[SweepSpec], SweepDriver]


def states(store: RunStore, driver: SweepDriver) -> list[str]:
    return [str(trial.trial.state) for trial in sweep_results(store, driver.id, with_importances=False).trials]


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


def test_an_illegal_network_costs_nothing(store: RunStore, drive: Drive) -> None:
    base = preset_config("seed-model-3", "digits")
    spec = tiny_sweep("width_scale=1,3", base=base.model_dump(), legal_only=True, sampler="grid", trials=None)
    assert all_required_pass(judge(find_preset("seed-model-3").spec))
    driver = drive(spec)
    steps = [driver.step()]
    while not store.waiting(1):
        steps.append(driver.step())
    # Whichever of the two came first: the legal one waits, and the other one never has a run.
    store.request_stop(store.waiting(1)[0].id)
    drive_to_the_end(store, driver)
    (run,) = store.sweep_runs(driver.id).values()
    assert run.num_params == 97_264
    (illegal,) = [trial for trial in driver.study.trials() if trial.state == TrialState.ILLEGAL]
    assert illegal.values == {"width_scale": 3}
    assert illegal.why.startswith("The network breaks the assignment's rules. Parameters: ")


def test_a_space_without_a_legal_network_fails_with_the_reason(
    store: RunStore, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.asking.MAX_PASSED_OVER", 8)
    driver = drive(tiny_sweep("lr=0.05..0.5", legal_only=True))
    assert driver.step().is_over
    sweep = store.get_sweep(driver.id)
    assert sweep.state == SweepState.FAILED
    assert sweep.problem.startswith("None of 8 trials could be trained. The last one: The network breaks the")
    assert store.count_runs() == 0


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


def test_a_worse_trial_is_pruned_and_the_next_one_begins(store: RunStore, drive: Drive) -> None:
    base = tiny_sweep().base
    long = base.changed(training=base.training.changed(epochs=3, limit_train=256).model_dump())
    driver = drive(tiny_sweep("lr=0.05..0.5:log", base=long.model_dump(), trials=7, sampler="random"))
    for _ in range(4):
        assert driver.step().started is not None
        train_next(store)
    assert driver.step().started == 4
    # One that learns nothing, as the pruner is told of it.
    claim = store.claim_next()
    assert claim is not None
    execute_run(
        store,
        claim,
        RunListener(lambda progress: None, lambda metrics: spoil(store, driver), lambda: store.stop_requested(claim)),
    )
    assert store.get(claim.run_id).state == RunState.STOPPED
    step = driver.step()
    assert step.ended == (4,)
    assert step.started == 5
    assert driver.study.trials()[4].state == TrialState.PRUNED


def spoil(store: RunStore, driver: SweepDriver) -> None:
    """Makes an epoch look worse than it was, and lets the sweep look at it."""
    before = store.epochs
    store.epochs = lambda run_id: [replace(each, eval_accuracy=0.0) for each in before(run_id)]  # type: ignore[method-assign]
    try:
        driver.step()
    finally:
        del store.epochs


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
    assert (sweep.state, sweep.problem) == (SweepState.FAILED, "None of its 1 trials was trained to its end.")


def test_a_trial_that_diverged_is_not_tried_again(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    store.report_end(claim, RunState.DIVERGED, "The loss is no number.")
    assert driver.step().is_over
    assert driver.study.trials()[0].state == TrialState.PRUNED


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


def test_a_trial_whose_run_was_never_queued_is_queued(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    asked = driver.study.ask()  # and here the program died
    assert asked is not None
    driver.step()
    assert store.sweep_runs(driver.id)[0].config.training.optimizer.learning_rate == asked.values["lr"]
    train_next(store)
    assert driver.step().is_over
    assert states(store, driver) == ["completed"]


def test_a_deleted_run_that_was_interrupted_is_given_up(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    store.report_end(claim, RunState.INTERRUPTED, "Gone.")
    store.delete([claim.run_id])
    assert driver.step().is_over
    assert driver.study.trials()[0].state == TrialState.FAILED


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


def test_a_grid_is_searched_to_its_end_however_many_networks_in_a_row_are_illegal(
    store: RunStore, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.asking.MAX_PASSED_OVER", 3)
    base = preset_config("seed-model-3", "digits").model_dump()
    driver = drive(
        tiny_sweep("width_scale=3,1", "lr=1,2,3,4,5", base=base, legal_only=True, sampler="grid", trials=None)
    )
    while not store.waiting(1):
        assert not driver.step().is_over
    states = [trial.state for trial in driver.study.trials()]
    assert states == [TrialState.ILLEGAL] * 5 + [TrialState.RUNNING]


def test_asking_ends_after_a_while_so_that_a_stop_is_looked_for(
    store: RunStore, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.driver.ASKING_SECONDS", 0.0)
    driver = drive(tiny_sweep("lr=0.05..0.5", legal_only=True))
    step = driver.step()
    assert (step.is_over, step.ended, step.started) == (False, (0,), None)


def test_a_trial_is_not_pruned_behind_its_last_epoch(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=6, sampler="random"))
    for _ in range(4):
        driver.step()
        train_next(store)
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    execute_run(store, claim, RunListener(lambda progress: None, lambda metrics: spoil(store, driver)))
    assert store.get(claim.run_id).state == RunState.COMPLETED
    driver.step()
    assert driver.study.trials()[4].state == TrialState.COMPLETED


def test_a_mark_without_its_stop_is_stopped_at_the_next_look(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    driver.study.mark_pruned(0)  # and here the program died
    SweepDriver(store, driver.id).step()
    (run,) = store.sweep_runs(driver.id).values()
    assert run.state == RunState.STOPPED


def test_what_others_train_before_a_trial_is_none_of_the_sweep_s_minutes(store: RunStore) -> None:
    spec, now = tiny_sweep(trials=None, minutes=1), [0.0]
    driver = SweepDriver(store, store.add_sweep(spec.name, spec.to_json()).id, clock=lambda: now[0])
    driver.step()
    driver.step()
    now[0] = 1_000.0
    assert not driver.step().is_over
    assert store.get_sweep(driver.id).spent_seconds == 0


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


def test_a_sweep_whose_file_is_gone_is_told_of(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep())
    driver.step()
    (store.folder / FILE).unlink()
    for look in (lambda: SweepDriver(store, driver.id), lambda: sweep_results(store, driver.id)):
        with pytest.raises(StoreError, match=r"sweeps\.db is missing"):
            look()


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
