"""A trial on one of the cluster's machines: an ordinary run, in a store of its own, packed into the shared folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray import tune

from cifar_core.architecture.cost import num_macs, num_params
from cifar_core.errors import TrainingError
from cifar_core.files import write_atomically
from cifar_core.runs import RunState, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.package.pack import pack
from cifar_core.sweeps.asking import read_sweep_spec, trial_config
from cifar_core.sweeps.cluster.place import SweepFolder
from cifar_core.sweeps.cluster.search import NUMBER, VALUES
from cifar_core.sweeps.study_trial import StudyTrial, TrialState
from cifar_core.training.metrics import EpochMetrics


def train_trial(told: Mapping[str, Any], shared: str, sweep_id: str, threads: int) -> None:
    """Trains, tells Tune of every epoch, and leaves the run's package.

    Args:
        told: by the search: the trial's number and values.
        shared: the folder that all machines share.
        sweep_id: of the sweep.
        threads: to train with.

    Raises:
        TrainingError: the run was not completed; Tune tries it once more.
    """
    import torch

    torch.set_num_threads(threads)
    folder = SweepFolder(Path(shared), sweep_id)
    spec = read_sweep_spec(folder.spec.read_text(encoding="utf-8"))
    trial = StudyTrial(told[NUMBER], TrialState.RUNNING, told[VALUES])
    config = trial_config(spec, trial)
    layers = config.architecture.layers
    best = 0.0

    def report(metrics: EpochMetrics) -> None:
        nonlocal best
        best = max(best, metrics.eval_accuracy)
        if metrics.epoch < config.training.epochs:
            tune.report(_figures(metrics.epoch, metrics.eval_accuracy))

    def _figures(epoch: int, accuracy: float) -> dict[str, Any]:
        figures = {"epoch": epoch, "epochs": config.training.epochs, "accuracy": accuracy, "best": best}
        return {**figures, "params": num_params(layers), "macs": num_macs(layers)}

    with tempfile.TemporaryDirectory(prefix="cifar-lab-trial-") as scratch:
        store = RunStore(folder=Path(scratch))
        try:
            store.launch_trial(sweep_id, trial.number, config)
            claim = store.claim_next()
            assert claim is not None
            run = execute_run(store, claim, RunListener(on_epoch=report))
            if run.state != RunState.COMPLETED:
                raise TrainingError(run.error or f"The run is {run.state}.")
            write_atomically(folder.package(trial.number), pack(store, run))
        finally:
            store.close()
    # The last epoch is told behind the package: who hears of a completed trial finds its run.
    tune.report(_figures(config.training.epochs, run.last_accuracy or 0.0))
