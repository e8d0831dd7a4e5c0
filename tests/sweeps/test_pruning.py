"""Trials that do worse than others end early."""

from __future__ import annotations

from dataclasses import replace

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import Drive, tiny_sweep, train_next


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


def test_a_trial_that_diverged_is_not_tried_again(store: RunStore, drive: Drive) -> None:
    driver = drive(tiny_sweep(trials=1))
    driver.step()
    claim = store.claim_next()
    assert claim is not None
    store.report_end(claim, RunState.DIVERGED, "The loss is no number.")
    assert driver.step().is_over
    assert driver.study.trials()[0].state == TrialState.PRUNED


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
