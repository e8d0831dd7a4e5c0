"""Following a sweep on a cluster that is played by a test: what it answers is known, and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.errors import SpecError
from cifar_core.files import write_atomically
from cifar_core.runs import RunOrigin, RunStore
from cifar_core.runs.experiment import execute_run
from cifar_core.runs.package.pack import pack
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.asking import trial_config
from cifar_core.sweeps.cluster.client import JobStatus, UnreachableError
from cifar_core.sweeps.cluster.driver import ClusterDriver
from cifar_core.sweeps.cluster.place import ClusterPlace, SweepFolder, require_ray
from cifar_core.sweeps.results import sweep_results
from cifar_core.sweeps.study import Study
from cifar_core.sweeps.study_trial import TrialState
from tests.sweeps.conftest import tiny_sweep


class PlayedCluster:
    """Takes jobs, and says of each what the test wants."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobStatus] = {}
        self.stopped: list[str] = []
        self.answers = True

    def submit(self, job_id: str, sweep_id: str) -> None:
        self._reached()
        self.jobs.setdefault(job_id, "running")

    def status(self, job_id: str) -> tuple[JobStatus, str]:
        self._reached()
        return self.jobs.get(job_id, "unknown"), "the cluster's word"

    def log(self, job_id: str) -> str:
        return "first\nNone of 8 trials could be trained.\n"

    def stop(self, job_id: str) -> None:
        self._reached()
        self.stopped.append(job_id)

    def end(self, status: JobStatus) -> None:
        """The newest job ends."""
        self.jobs[list(self.jobs)[-1]] = status

    def _reached(self) -> None:
        if not self.answers:
            raise UnreachableError("The Ray cluster does not answer.")


@pytest.fixture
def cluster() -> PlayedCluster:
    return PlayedCluster()


class Clock:
    """Every look comes later than the one before by more than the driver waits."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


@pytest.fixture
def place(tmp_path: Path) -> ClusterPlace:
    return ClusterPlace(address="http://head:8265", folder=str(tmp_path / "shared"))


@pytest.fixture
def driver(store: RunStore, cluster: PlayedCluster, place: ClusterPlace) -> ClusterDriver:
    sweep = store.add_sweep("sweep", tiny_sweep().to_json(), place.to_json())
    return driven(store, sweep.id, cluster)


def driven(store: RunStore, sweep_id: str, cluster: PlayedCluster) -> ClusterDriver:
    return ClusterDriver(store, sweep_id, lambda place: cluster, Clock())  # type: ignore[arg-type, return-value]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[RunStore]:
    """The store of a trial on another machine."""
    with closing(RunStore(folder=tmp_path / "far")) as store:
        yield store


def train_there(driver: ClusterDriver, place: ClusterPlace, far: RunStore) -> None:
    """A trial as the cluster trains it."""
    folder = SweepFolder(Path(place.folder), driver.id)
    study = Study(folder.journal, driver.id, driver.spec)
    trial = study.ask()
    assert trial is not None
    far.launch_trial(driver.id, trial.number, trial_config(driver.spec, trial))
    claim = far.claim_next()
    assert claim is not None
    run = execute_run(far, claim)
    folder.packages.mkdir(exist_ok=True)
    write_atomically(folder.package(trial.number), pack(far, run))
    study.complete(trial.number, [run.best_accuracy or 0.0])


def test_a_sweep_is_submitted_once_and_its_runs_come_in(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster, place: ClusterPlace, far: RunStore
) -> None:
    for _ in range(3):
        assert not driver.step().is_over
    (job,) = cluster.jobs
    assert job == f"cifar-lab-{driver.id}-1"
    train_there(driver, place, far)
    assert driver.step().ended == (0,)
    assert driver.step().ended == ()
    (run,) = store.sweep_runs(driver.id).values()
    assert (run.origin, run.sweep_trial, run.test_accuracy) == (RunOrigin.UNPACKED, 0, None)
    train_there(driver, place, far)
    cluster.end("succeeded")
    step = driver.step()
    assert (step.is_over, step.ended) == (True, (1,))
    assert store.get_sweep(driver.id).state == SweepState.COMPLETED
    results = sweep_results(store, driver.id)
    assert results.count(TrialState.COMPLETED) == 2
    assert results.best is not None


def test_a_job_whose_driver_died_is_submitted_once_more_and_then_given_up_with_its_words(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster
) -> None:
    driver.step()
    cluster.end("failed")
    assert not driver.step().is_over
    assert len(cluster.jobs) == 2
    cluster.end("failed")
    assert driver.step().is_over
    sweep = store.get_sweep(driver.id)
    assert sweep.state == SweepState.FAILED
    assert "None of 8 trials could be trained." in sweep.problem
    store.resume_sweep(driver.id)
    assert not driven(store, driver.id, cluster).step().is_over
    assert len(cluster.jobs) == 3


def test_a_cluster_that_does_not_answer_is_told_of_and_asked_again(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster, place: ClusterPlace, far: RunStore
) -> None:
    driver.step()
    train_there(driver, place, far)
    cluster.answers = False
    step = driver.step()
    assert (step.is_over, step.ended) == (False, (0,))  # what it has finished comes in all the same
    assert (
        store.get_sweep(driver.id).problem
        == "The Ray cluster does not answer. It is asked again, and what it has finished is kept."
    )
    cluster.answers = True
    driver.step()
    assert store.get_sweep(driver.id).problem == ""


def test_a_stop_is_passed_on_and_a_resume_submits_anew(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster
) -> None:
    driver.step()
    store.request_sweep_stop(driver.id)
    assert not driver.step().is_over
    assert cluster.stopped == list(cluster.jobs)
    cluster.end("stopped")
    assert driver.step().is_over
    assert store.get_sweep(driver.id).state == SweepState.STOPPED
    store.resume_sweep(driver.id)
    again = driven(store, driver.id, cluster)
    again.step()
    assert list(cluster.jobs.values()) == ["stopped", "running"]


def test_a_job_that_is_stopped_on_the_cluster_stops_the_sweep(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster
) -> None:
    driver.step()
    cluster.end("stopped")
    assert driver.step().is_over
    assert store.get_sweep(driver.id).state == SweepState.STOPPED


def test_a_program_that_ended_before_it_submitted_does_so_now(
    store: RunStore, driver: ClusterDriver, cluster: PlayedCluster
) -> None:
    store.count_sweep_job(driver.id)
    driver.step()
    assert list(cluster.jobs) == [f"cifar-lab-{driver.id}-1"]


def test_a_damaged_package_is_told_of_and_hinders_no_other(
    store: RunStore, driver: ClusterDriver, place: ClusterPlace, far: RunStore
) -> None:
    driver.step()
    train_there(driver, place, far)
    SweepFolder(Path(place.folder), driver.id).package(7).write_bytes(b"nothing")
    assert driver.step().ended == (0,)
    for _ in range(3):
        assert "trial-00007.cifarrun cannot be unpacked" in store.get_sweep(driver.id).problem
        driver.step()


def test_a_run_that_a_person_threw_away_does_not_come_back(
    store: RunStore, driver: ClusterDriver, place: ClusterPlace, far: RunStore
) -> None:
    driver.step()
    train_there(driver, place, far)
    driver.step()
    (run,) = store.sweep_runs(driver.id).values()
    store.delete([run.id])
    store.purge([run.id])
    assert driver.step().ended == ()
    assert store.sweep_runs(driver.id) == {}
    assert sweep_results(store, driver.id).trials[0].accuracy is not None


def test_a_file_that_is_no_trial_s_is_left_alone(store: RunStore, driver: ClusterDriver, place: ClusterPlace) -> None:
    driver.step()
    packages = SweepFolder(Path(place.folder), driver.id).packages
    packages.mkdir(parents=True)
    (packages / "trial-00001 (copy).cifarrun").write_bytes(b"")
    assert driver.step().ended == ()
    assert store.get_sweep(driver.id).problem == ""


def test_a_run_that_came_in_is_completed_whatever_a_killed_job_knew_of_it(
    store: RunStore, driver: ClusterDriver, place: ClusterPlace, far: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.step()
    monkeypatch.setattr(Study, "complete", lambda *told: None)
    train_there(driver, place, far)
    driver.step()
    (trial,) = sweep_results(store, driver.id).trials
    assert trial.trial.state == TrialState.COMPLETED
    assert trial.run is not None
    assert trial.accuracy == trial.run.best_accuracy


def test_without_ray_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.sweeps.cluster.place.has_ray", lambda: False)
    with pytest.raises(SpecError, match=r"`pip install -r requirements-ray.txt` brings it"):
        require_ray()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"address": "head:8265"}, "address is 'head:8265'"),
        ({"address": "http://head:8265/jobs"}, "address"),
        ({"folder": ""}, "folder"),
        ({"folder": "shared"}, "folder is 'shared'"),
        ({"cpus": 0}, "cpus is 0"),
        ({"gpus": -1}, "gpus is -1"),
        ({"at_once": 0}, "at_once is 0"),
    ],
)
def test_a_place_that_cannot_be_is_one_sentence(place: ClusterPlace, fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        place.changed(**fields)
    assert sentence in str(caught.value)
