"""The background thread that drives sweeps, and programs that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from cifar_core.runs import RunState, RunStore, training_jobs
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.sweeps.giving_up import JOB_GOES_ON
from cifar_core.sweeps.jobs import SweepJobs, sweep_jobs, sweep_key
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import tiny_sweep
from tests.tiny import PROJECT

ENOUGH_SECONDS = 90.0


@pytest.fixture
def jobs(store: RunStore) -> Iterator[SweepJobs]:
    with ExitStack() as stack:
        trainer = stack.enter_context(closing(training_jobs(store)))
        yield stack.enter_context(closing(sweep_jobs(store, trainer)))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.05)


def is_over(store: RunStore, sweep_id: str) -> bool:
    return not store.get_sweep(sweep_id).state.is_open


def test_sweeps_are_driven_to_their_end_in_the_background(store: RunStore, jobs: SweepJobs) -> None:
    sweeps = [store.add_sweep("sweep", tiny_sweep(trials=2).to_json()) for _ in range(2)]
    jobs.ring()
    wait_for(lambda: all(is_over(store, sweep.id) for sweep in sweeps))
    for sweep in sweeps:
        assert store.get_sweep(sweep.id).state == SweepState.COMPLETED
        assert sweep_results(store, sweep.id).count(TrialState.COMPLETED) == 2


def test_a_sweep_whose_cluster_is_silent_keeps_no_other_one_waiting_and_can_be_given_up(
    store: RunStore, jobs: SweepJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.cluster.place.has_ray", lambda: True)
    place = ClusterPlace(address="http://127.0.0.1:9", folder=str(store.folder / "shared"))
    local = store.add_sweep("local", tiny_sweep(trials=1).to_json())
    far = store.add_sweep("far", tiny_sweep(trials=1).to_json(), place.to_json())
    jobs.ring()
    wait_for(lambda: is_over(store, local.id))
    wait_for(lambda: "does not answer" in store.get_sweep(far.id).problem)
    store.request_sweep_stop(far.id)
    wait_for(lambda: is_over(store, far.id))
    sweep = store.get_sweep(far.id)
    assert sweep.state == SweepState.STOPPED
    assert JOB_GOES_ON in sweep.problem


def test_there_is_one_thread_a_store(store: RunStore, jobs: SweepJobs) -> None:
    assert sweep_jobs(store, training_jobs(store)) is jobs


def test_a_sweep_that_another_program_drives_is_left_to_it_until_it_dies(store: RunStore) -> None:
    sweep = store.add_sweep("sweep", tiny_sweep(trials=1).to_json())
    code = (
        "import sys, time; from cifar_core.runs import RunStore; from cifar_core.runs.heartbeat import hold\n"
        "with hold(RunStore(), sys.argv[1]) as held:\n    print(held is not None, flush=True)\n    time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, sweep_key(sweep.id)],
        cwd=PROJECT,
        env={**os.environ, "CIFAR_LAB_RUNS": str(store.folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline().strip() == "True"
            with closing(training_jobs(store)) as trainer, closing(sweep_jobs(store, trainer)) as jobs:
                jobs.ring()
                time.sleep(1.5)
                assert store.count_trials(sweep.id) == 0
                other.kill()
                other.wait()
                wait_for(lambda: is_over(store, sweep.id))
        finally:
            other.kill()
    assert store.count_trials(sweep.id) == 1


def test_a_damaged_sweep_hinders_no_other(store: RunStore, jobs: SweepJobs) -> None:
    broken = store.add_sweep("broken", "{}")
    good = store.add_sweep("good", tiny_sweep(trials=1).to_json())
    jobs.ring()
    wait_for(lambda: is_over(store, good.id))
    wait_for(lambda: is_over(store, broken.id))
    assert store.get_sweep(broken.id).state == SweepState.FAILED
    assert "The sweep's search space cannot be read" in store.get_sweep(broken.id).problem


@pytest.mark.slow
def test_a_killed_program_loses_no_finished_trial_and_the_next_one_goes_on(store: RunStore) -> None:
    """`kill -9` of the whole program in the middle of a trial."""
    spec = tiny_sweep("lr=0.05..0.5:log", trials=4)
    base = spec.base.changed(training=spec.base.training.changed(epochs=60, limit_train=64).model_dump())
    sweep = store.add_sweep("sweep", tiny_sweep(base=base.model_dump(), trials=3, pruner="none").to_json())
    command = [sys.executable, "-m", "cifar_core", "sweep", "--resume", sweep.id]
    environment = {**os.environ, "CIFAR_LAB_RUNS": str(store.folder)}
    program = subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True)
    try:
        wait_for(lambda: sum(run.state == RunState.COMPLETED for run in store.list_runs()) >= 1)
        wait_for(lambda: any(run.state == RunState.RUNNING and run.epochs_done > 1 for run in store.list_runs()))
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    done = {run.id for run in store.list_runs(states=(RunState.COMPLETED,))}
    assert done
    assert store.get_sweep(sweep.id).state == SweepState.RUNNING
    again = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert again.returncode == 0, again.stderr
    results = sweep_results(store, sweep.id)
    assert results.count(TrialState.COMPLETED) == 3
    assert done <= {trial.run.id for trial in results.trials if trial.run}
    assert {trial.trial.tries for trial in results.trials} == {0, 1}
