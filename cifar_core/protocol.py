"""The protocol of a run: which images choose its settings, and so what its accuracy means."""

from __future__ import annotations

from typing import Literal

Protocol = Literal["validation", "seed"]
"""
"validation": a tenth of the training images is held out to choose on; the test set is read once, after the run.
"seed": as the seed document did it: all training images train, and the test set is read after every epoch.
"""

EvaluationSplit = Literal["validation", "test"]

PROTOCOL_TITLES: dict[Protocol, str] = {
    "validation": "Validation: held-out training images choose, the test set is read once",
    "seed": "Seed: trains on all images and reads the test set every epoch",
}

BEST_LABELS: dict[Protocol, str] = {"validation": "validation-chosen", "seed": "test-chosen"}
"""How a run's best epoch is chosen."""

ACCURACY_LABELS: dict[Protocol, str] = {"validation": "validation-chosen", "seed": "last epoch"}
"""How the epoch behind a run's test accuracy was chosen."""


def evaluation_split(protocol: Protocol) -> EvaluationSplit:
    """The images that a run of this protocol evaluates after every epoch."""
    return "test" if protocol == "seed" else "validation"
