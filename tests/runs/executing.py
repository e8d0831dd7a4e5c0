"""Runs executed from their first batch to their end, and figures of them worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from sklearn.metrics import accuracy_score

from cifar_core.architecture.build import build_network
from cifar_core.runs import Run, RunConfig, RunFiles, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.run_data import load_run_data
from cifar_core.training.batches import Normalize
from cifar_core.training.metrics import EpochMetrics


def executed(store: RunStore, config: RunConfig, listener: RunListener | None = None) -> Run:
    return execute_run(store, store.start(config), listener)


def files_of(store: RunStore, run: Run) -> RunFiles:
    return RunFiles(store.run_folder(run.id))


def timeless(metrics: list[EpochMetrics]) -> list[EpochMetrics]:
    """What of the epochs does not depend on how busy the machine was."""
    return [replace(epoch, seconds=0.0, images_per_second=0.0) for epoch in metrics]


def by_hand_accuracy(config: RunConfig, path: Path, part: str) -> float:
    """Accuracy of a checkpoint, worked out with torch and scikit-learn alone."""
    data = load_run_data(config)
    network = build_network(config.architecture)
    network.load_state_dict(torch.load(path, weights_only=True)["network"])
    labelled = getattr(data.splits, part)
    normalize = Normalize(data.dataset.mean, data.dataset.std, torch.device("cpu"))
    with torch.no_grad():
        logits = network.eval()(normalize(torch.from_numpy(labelled.images)))
    return float(accuracy_score(labelled.targets, logits.argmax(dim=1).numpy()))
