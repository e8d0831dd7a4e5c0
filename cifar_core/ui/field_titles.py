"""What the fields of a run are called on a page."""

from __future__ import annotations

import re

from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.runs import RunConfig
from cifar_core.runs.fields import SHORT_NAMES, WIDTH_SCALE

TITLES = {
    "epochs": "Epochs",
    "optimizer.learning_rate": "Highest learning rate",
    "seed": "Seed",
    "batch_size": "Batch size",
    "device": "Device",
    "optimizer.kind": "Optimizer",
    "optimizer.momentum": "Momentum",
    "optimizer.nesterov": "Nesterov",
    "optimizer.beta1": "Beta 1",
    "optimizer.beta2": "Beta 2",
    "optimizer.weight_decay": "Weight decay",
    "decay_norms": "Decay norms too",
    "schedule.kind": "Schedule",
    "schedule.t_max": "Epochs to its minimum",
    "schedule.rise": "Share spent rising",
    "schedule.start": "Rate at the start",
    "schedule.floor": "Lowest rate",
    "label_smoothing": "Label smoothing",
    "ema_decay": "Average the weights",
    "clip_norm": "Clip the gradient",
    "precision": "Precision",
    "execution": "How a step is carried out",
    "augmentation_engine": "Augmentation engine",
    "protocol": "Protocol",
    "validation_images": "Own number of validation images",
    "limit_train": "Fewer training images",
    "limit_test": "Fewer images to evaluate",
    "augmentation_first": "Strength in the first epoch",
    "augmentation_last": "Strength in the last epoch",
    "alternate_flips": "Mirror in turns",
}
"""Of a TrainingSpec, by dotted path."""


_OF_SWEEPS = {
    "optimizer.learning_rate": "Learning rate",
    WIDTH_SCALE: "Width of all layers",
    "augmentation_first": "Augmentation in the first epoch",
    "augmentation_last": "Augmentation in the last epoch",
}
"""Where no heading above them says what they are of."""
_TRANSFORM = re.compile(r"augmentation\.transforms\[(\d{1,6})\]\.p")


def parameter_title(name: str, base: RunConfig) -> str:
    """What a parameter of a sweep is called on a page; its path where it has no title.

    Args:
        name: as `with_fields` takes it.
        base: the run whose field it is.
    """
    path = SHORT_NAMES.get(name, name).removeprefix("training.")
    transform = _TRANSFORM.fullmatch(name)
    transforms = base.augmentation.transforms
    if transform is not None and int(transform[1]) < len(transforms):
        at = int(transform[1])
        same = [number for number, each in enumerate(transforms) if each.type == transforms[at].type]
        which = f", no. {same.index(at) + 1}" if len(same) > 1 else ""
        return f"Probability of {TRANSFORMS[transforms[at].type].title}{which}"
    return _OF_SWEEPS.get(path) or TITLES.get(path, name)


def told_by_title(sentence: str, base: RunConfig | None = None) -> str:
    """A sentence about a field ("schedule.rise is 1: ..."), with the field called as its widget is.

    Args:
        sentence: of a spec; it begins with the field.
        base: the run around which a sweep varies the field; None if it is a run's own.
    """
    path, blank, rest = sentence.partition(" ")
    title = TITLES.get(path, path) if base is None else parameter_title(path, base)
    return f"{title}{blank}{rest}"


def field_by_title(title: str, base: RunConfig) -> str | None:
    """The name of the field that a title is of, as it stands on any page; None if it is of none."""
    transforms = [f"augmentation.transforms[{at}].p" for at in range(len(base.augmentation.transforms))]
    by_title = {known.casefold(): name for name, known in TITLES.items()}
    by_title |= {parameter_title(name, base).casefold(): name for name in (*_OF_SWEEPS, *transforms, *SHORT_NAMES)}
    return by_title.get(title.casefold())
