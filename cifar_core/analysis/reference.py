"""The seed document's own 50 epochs, bundled as a reference curve."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


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
