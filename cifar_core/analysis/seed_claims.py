"""What the seed document says of its three models, beside what a run measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cifar_core.architecture import find_preset
from cifar_core.data import dataset_info, find_augmentation
from cifar_core.protocol import ACCURACY_LABELS, BEST_LABELS
from cifar_core.runs import Run
from cifar_core.runs.seed_experiment import SEED_EPOCHS, SEED_MODELS
from cifar_core.training.metrics import EpochMetrics
from cifar_core.words import count, counted, percent


@dataclass(frozen=True, slots=True)
class SeedClaim:
    """One model's results as the document states them."""

    params: int
    train_accuracy: float
    """Best, as trained, in 0..1."""
    epochs: int | None
    """None where it tells none."""


# Sections "Results" of Model1, Model2 and Model3 in the document; test accuracies are those of the presets.
_CLAIMS = {
    "seed-model-1": SeedClaim(1_605_600, 0.999, None),
    "seed-model-2": SeedClaim(97_264, 0.72, None),
    "seed-model-3": SeedClaim(97_264, 0.84, SEED_EPOCHS),
}
_SILENT = "not told"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One figure."""

    model: str
    figure: str
    said: str
    measured: str


def seed_model_of(run: Run) -> str | None:
    """The seed's model that a run repeats: the same layers and the same augmentation. None if it repeats none.

    How it trains may differ: the document tells neither optimizer nor schedule.
    """
    for name in SEED_MODELS:
        preset = find_preset(name)
        same_layers = run.config.architecture.changed(name=name) == preset.spec
        wanted, given = find_augmentation(preset.augmentation).spec, run.config.augmentation
        if same_layers and (given.transforms, given.batch) == (wanted.transforms, wanted.batch):
            return name
    return None


def compare_with_seed(run: Run, epochs: Sequence[EpochMetrics]) -> tuple[ClaimRow, ...]:
    """What the document says of the model that a run repeats, figure by figure; nothing where it repeats none.

    Args:
        run: which.
        epochs: its metrics, of which there may be none yet.
    """
    name = seed_model_of(run)
    if name is None or run.config.dataset != "cifar10":
        return ()
    preset, claim = find_preset(name), _CLAIMS[name]
    best_train = max((epoch.train_accuracy for epoch in epochs), default=None)
    figures = (
        ("Parameters", count(claim.params), count(run.num_params)),
        ("Training images", count(dataset_info("cifar10").train_images), count(run.train_images)),
        ("Best training accuracy, as trained", percent(claim.train_accuracy), _or_not(best_train)),
        ("Best test accuracy", percent(preset.reported_test_accuracy), _test_accuracy(run)),
        (
            "Epochs run",
            _SILENT if claim.epochs is None else str(claim.epochs),
            f"{run.epochs_done} of {run.config.training.epochs}",
        ),
    )
    return tuple(ClaimRow(preset.title, *figure) for figure in figures)


def _test_accuracy(run: Run) -> str:
    """Chosen as the document chooses it where the run reads the test set every epoch; else as the run has it."""
    protocol, limit = run.config.training.protocol, run.config.training.limit_test
    trial = "" if limit is None else f", of {counted(limit, 'image')} only"
    if protocol == "seed":
        return _or_not(run.best_accuracy, BEST_LABELS[protocol] + trial)
    return _or_not(run.test_accuracy, ACCURACY_LABELS[protocol] + trial)


def _or_not(share: float | None, chosen: str = "") -> str:
    if share is None:
        return "not measured"
    return f"{percent(share)} ({chosen})" if chosen else percent(share)
