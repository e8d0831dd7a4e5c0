"""The protocol of a run: which images choose its settings, and so what its accuracy means."""

from __future__ import annotations

from typing import Literal

Protocol = Literal["validation", "refit", "seed"]
"""
"validation": a tenth of the training images is held out to choose on; the test set is read once, after the run.
"refit": with settings that were chosen, all training images train and the last epoch counts; nothing is chosen any
    more, and the test set is read once, after the run.
"seed": as the seed document did it: all training images train, and the test set is read after every epoch.
"""

EvaluationSplit = Literal["validation", "test"]
"""Images that a run does not train on: its predictions of them are kept."""

EpochSplit = Literal["validation", "test", "train"]
"""What is evaluated after every epoch; "train": fixed training images without augmentation."""

SPLIT_WORDS: dict[EpochSplit, str] = {"validation": "validation", "test": "test", "train": "clean training"}
"""Which images they are, before the word "images"."""

PROTOCOL_TITLES: dict[Protocol, str] = {
    "validation": "Validation: held-out training images choose, the test set is read once",
    "refit": "Refit: trains on all images with settings chosen before, and reads the test set once, at the end",
    "seed": "Seed: trains on all images and reads the test set every epoch",
}

BEST_LABELS: dict[Protocol, str] = {"validation": "validation-chosen", "refit": "not chosen", "seed": "test-chosen"}
"""How a run's best epoch is chosen; a refit has none."""

ACCURACY_LABELS: dict[Protocol, str] = {
    "validation": "validation-chosen",
    "refit": "refit, last epoch",
    "seed": "last epoch",
}
"""How the epoch behind a run's test accuracy was chosen."""

_EPOCH_SPLITS: dict[Protocol, EpochSplit] = {"validation": "validation", "refit": "train", "seed": "test"}


def evaluation_split(protocol: Protocol) -> EpochSplit:
    """The images that a run of this protocol evaluates after every epoch."""
    return _EPOCH_SPLITS[protocol]


def predicted_splits(protocol: Protocol) -> tuple[EvaluationSplit, ...]:
    """The images that a run of this protocol has predictions for, those to look at first in front."""
    return ("validation", "test") if protocol == "validation" else ("test",)
