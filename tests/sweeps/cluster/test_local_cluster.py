"""A real cluster on this machine: a head and one more node, each a process group of its own. Needs Ray."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cifar_core.runs import RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.cluster.driver import ClusterDriver
from cifar_core.sweeps.cluster.place import ClusterPlace, has_ray
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import tiny_sweep
from tests.tiny import PROJECT

pytestmark = [
    pytest.mark.skipif(not has_ray(), reason="Ray is not installed"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
ENOUGH_SECONDS = 240.0
HEAD_PORT, DASHBOARD_PORT = 6399, 8299
TRIAL, DRIVER = "ray::", "cifar_core.sweeps.cluster.job"


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"it never came to pass: {what}"
        time.sleep(0.2)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Two nodes with one core each; its address."""
    told = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "only-for-this-test",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    head = ["--head", f"--port={HEAD_PORT}", "--dashboard-host=127.0.0.1", f"--dashboard-port={DASHBOARD_PORT}"]
    # A second node on one host needs ports of its own, outside those that Ray gives to workers.
    node = [f"--address=127.0.0.1:{HEAD_PORT}", "--dashboard-agent-listen-port=52399"]
    groups = []
    try:
        for options, workers in ((head, (20_000, 20_200)), (node, (20_300, 20_500))):
            ports = [f"--min-worker-port={workers[0]}", f"--max-worker-port={workers[1]}"]
            command = [
                sys.executable,
                "-m",
                "ray.scripts.scripts",
                "start",
                *options,
                *ports,
                "--num-cpus=1",
                "--block",
            ]
            groups.append(subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL))
            wait_for(lambda: answers(DASHBOARD_PORT), "the head answers")
        yield f"http://127.0.0.1:{DASHBOARD_PORT}"
    finally:
        # Never `ray stop`: it ends every cluster of the machine.
        for group in groups:
            os.killpg(group.pid, signal.SIGKILL)
            group.wait()


def processes(named: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if named in line and "/bin/sh" not in line:
            found.append(process)
    return found


def trials_at_work() -> list[psutil.Process]:
    return [process for process in processes(TRIAL) if "ImplicitFunc" in " ".join(process.cmdline())]


def test_trials_train_at_once_and_a_killed_trial_or_driver_loses_nothing(
    store: RunStore, cluster: str, tmp_path: Path
) -> None:
    base = tiny_sweep().base
    long = base.changed(training=base.training.changed(epochs=60, limit_train=1_024).model_dump())
    spec = tiny_sweep(base=long.model_dump(), trials=5, pruner="none")
    shared = tmp_path / "shared"
    place = ClusterPlace(address=cluster, folder=str(shared), python=sys.executable)
    sweep = store.add_sweep("sweep", spec.to_json(), place.to_json())
    driver = ClusterDriver(store, sweep.id)

    def until(condition: Callable[[], bool], what: str) -> None:
        wait_for(lambda: driver.step().is_over or condition(), what)
        assert condition(), what

    until(lambda: len(trials_at_work()) == 2, "two trials train at once")
    trials_at_work()[0].send_signal(signal.SIGKILL)
    until(lambda: store.count_trials(sweep.id) >= 1, "a trial is completed")
    done = set(store.sweep_runs(sweep.id))
    for process in processes(DRIVER):
        process.send_signal(signal.SIGKILL)
    until(lambda: not store.get_sweep(sweep.id).state.is_open, "the sweep is over")
    results = sweep_results(store, sweep.id)
    assert results.sweep.state == SweepState.COMPLETED
    assert results.sweep.jobs == 2  # the first one's driver died
    assert results.count(TrialState.COMPLETED) == 5
    assert done <= {trial.trial.number for trial in results.trials if trial.run is not None}


def test_a_stopped_sweep_is_resumed(store: RunStore, cluster: str, tmp_path: Path) -> None:
    base = tiny_sweep().base
    long = base.changed(training=base.training.changed(epochs=40, limit_train=512).model_dump())
    spec = tiny_sweep(base=long.model_dump(), trials=3, pruner="none")
    place = ClusterPlace(address=cluster, folder=str(tmp_path / "shared"), python=sys.executable)
    sweep = store.add_sweep("sweep", spec.to_json(), place.to_json())
    driver = ClusterDriver(store, sweep.id)
    wait_for(lambda: driver.step().is_over or bool(trials_at_work()), "a trial trains")
    store.request_sweep_stop(sweep.id)
    wait_for(lambda: driver.step().is_over, "the sweep is stopped")
    assert store.get_sweep(sweep.id).state == SweepState.STOPPED
    wait_for(lambda: not trials_at_work(), "nothing trains any more")
    store.resume_sweep(sweep.id)
    again = ClusterDriver(store, sweep.id)
    wait_for(lambda: again.step().is_over, "the sweep is over")
    assert sweep_results(store, sweep.id).count(TrialState.COMPLETED) == 3


def test_a_cluster_that_is_not_there_is_told_of(store: RunStore, tmp_path: Path) -> None:
    place = ClusterPlace(address="http://127.0.0.1:9", folder=str(tmp_path / "shared"))
    sweep = store.add_sweep("sweep", tiny_sweep().to_json(), place.to_json())
    driver = ClusterDriver(store, sweep.id)
    assert not driver.step().is_over
    assert "The Ray cluster at http://127.0.0.1:9 does not answer as it should" in store.get_sweep(sweep.id).problem
