"""The seed document's own 50 epochs, bundled as a reference curve."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cifar_core.training import find_recipe, learning_rate


@dataclass(frozen=True, slots=True)
class ReferenceEpoch:
    """One epoch of the seed's printed log."""

    epoch: int
    train_accuracy: float
    """As trained, in 0..1."""
    test_loss: float
    test_accuracy: float
    """In 0..1."""
    train_seconds: float
    """On the seed's own GPU, which it does not name."""


@cache
def seed_reference() -> tuple[ReferenceEpoch, ...]:
    """The log of the seed's Model 3, epochs 1 to 50."""
    text = files("cifar_core.analysis").joinpath("seed_training_log.csv").read_text(encoding="utf-8")
    return tuple(
        ReferenceEpoch(
            epoch=int(row["epoch"]),
            train_accuracy=float(row["train_accuracy_percent"]) / 100,
            test_loss=float(row["test_loss"]),
            test_accuracy=float(row["test_accuracy_percent"]) / 100,
            train_seconds=float(row["train_seconds"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def seed_learning_rate(epoch: int) -> float:
    """The learning rate at the end of an epoch of the seed, inferred: the seed prints none.

    Accuracy stands still near epoch 17, falls until 31 and rises until 50: a cosine with a half period of 50 / 3 epochs
    turns back up and down at these times. It is the schedule of the recipe "seed".
    """
    return learning_rate(find_recipe("seed").spec, epoch)
