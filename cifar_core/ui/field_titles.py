"""What the fields of a TrainingSpec are called on a page."""

from __future__ import annotations

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
"""By dotted path."""


def told_by_title(sentence: str) -> str:
    """A spec's sentence about a field ("schedule.rise is 1: ..."), with the field called as its widget is."""
    path, is_there, rest = sentence.partition(" is ")
    return f"{TITLES[path]} is {rest}" if is_there and path in TITLES else sentence
