"""Trials whose networks break the assignment's rules are passed over."""

from __future__ import annotations

import pytest

from cifar_core.architecture import find_preset, judge
from cifar_core.architecture.rules import all_required_pass
from cifar_core.runs import RunStore
from cifar_core.runs.config import preset_config
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import Drive, drive_to_the_end, tiny_sweep


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
    drive_to_the_end(store, driver)
    sweep = store.get_sweep(driver.id)
    assert sweep.state == SweepState.FAILED
    assert sweep.problem.startswith("Of 8 trials none could be trained. The last one: The network breaks the")
    assert store.count_runs() == 0


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
