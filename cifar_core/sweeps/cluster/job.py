"""What the cluster executes for a sweep: `python -m cifar_core.sweeps.cluster.job FOLDER SWEEP`, as one Ray job."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, MedianStoppingRule, TrialScheduler

from cifar_core.files import make_folder
from cifar_core.runs.package.reading import read_package
from cifar_core.sweeps.asking import objective_values, read_sweep_spec, why_nothing_came
from cifar_core.sweeps.cluster.place import ClusterPlace, SweepFolder
from cifar_core.sweeps.cluster.search import StudySearch
from cifar_core.sweeps.cluster.trial import train_trial
from cifar_core.sweeps.spec import MAX_TRIALS, SweepSpec
from cifar_core.sweeps.study import Study
from cifar_core.sweeps.study_trial import TrialState

TUNE = "tune"
"""Tune's own folder: what it resumes from."""


def main(shared: str, sweep_id: str) -> int:
    """Searches, or goes on where a job before ended; returns the exit status."""
    folder = SweepFolder(Path(shared), sweep_id)
    spec = read_sweep_spec(folder.spec.read_text(encoding="utf-8"))
    place = ClusterPlace.parse(folder.place.read_text(encoding="utf-8"))
    make_folder(folder.packages)
    ray.init()
    study = Study(folder.journal, sweep_id, spec)
    tuner = _tuner(folder, spec, place, study, sweep_id)
    tuner.fit()
    _settle(study, spec, folder)
    if not any(folder.packages.iterdir()):
        print(why_nothing_came(study.trials()), file=sys.stderr)
        return 1
    return 0


def _settle(study: Study, spec: SweepSpec, folder: SweepFolder) -> None:
    """Tells how those trials ended that a job before this one asked for, and that Tune had not noted when it died."""
    for trial in study.trials():
        if trial.state != TrialState.RUNNING:
            continue
        package = next((path for path in folder.packages_of(trial.number) if path.exists()), None)
        if package is None:
            study.fail(trial.number)
            continue
        with package.open("rb") as file:
            told = read_package(file)
        best = max(epoch.eval_accuracy for epoch in told.epochs.epochs)
        study.complete(trial.number, objective_values(spec, best, told.config.architecture.layers))


def _tuner(folder: SweepFolder, spec: SweepSpec, place: ClusterPlace, study: Study, sweep_id: str) -> tune.Tuner:
    trainable = tune.with_resources(
        tune.with_parameters(
            train_trial, shared=str(folder.path.parent), sweep_id=sweep_id, threads=max(math.floor(place.cpus), 1)
        ),
        {"cpu": place.cpus, "gpu": place.gpus},
    )
    if tune.Tuner.can_restore(folder.path / TUNE):
        # What was under way begins anew: a trial keeps nothing on its machine.
        return tune.Tuner.restore(str(folder.path / TUNE), trainable, resume_unfinished=True, restart_errored=True)
    return tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=StudySearch(study, spec),
            scheduler=_scheduler(spec),
            num_samples=spec.trials or spec.grid_size or MAX_TRIALS,
            max_concurrent_trials=place.at_once,
        ),
        run_config=tune.RunConfig(
            name=TUNE, storage_path=str(folder.path), failure_config=tune.FailureConfig(max_failures=1), verbose=1
        ),
    )


def _scheduler(spec: SweepSpec) -> TrialScheduler:
    told = {"time_attr": "epoch", "metric": "accuracy", "mode": "max"}
    if spec.pruner == "asha":
        return ASHAScheduler(**told, max_t=MAX_TRIALS, grace_period=1, reduction_factor=3)
    if spec.pruner == "median":
        # Without a time slice: a trial that yields its place would begin anew.
        return MedianStoppingRule(**told, grace_period=1, min_samples_required=4, min_time_slice=math.inf)
    return FIFOScheduler()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
