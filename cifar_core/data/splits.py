"""Which images train, which choose, and which are read once at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cifar_core.data.datasets import DatasetInfo, ImageDataset, LabelledImages
from cifar_core.errors import SpecError
from cifar_core.protocol import Protocol, evaluation_split

SPLIT_SEED = 0
"""Fixed, so that every run of every seed chooses on the same validation images."""
VALIDATION_SHARE = 0.1
"""Of the training images, where a run does not say how many: 5,000 of CIFAR-10's 50,000."""


CLEAN_IMAGES = 5_000
"""Fixed unaugmented training images on which the clean training accuracy is measured."""


@dataclass(frozen=True, slots=True)
class DataSplits:
    """The three parts that a run reads. `*_index` are positions in the data set's own train and test arrays."""

    train: LabelledImages
    train_index: np.ndarray
    validation: LabelledImages | None
    """None under a protocol that trains on every training image."""
    validation_index: np.ndarray | None
    test: LabelledImages
    test_index: np.ndarray

    def clean(self) -> tuple[LabelledImages, np.ndarray]:
        """`CLEAN_IMAGES` fixed training images, or all where there are fewer, and their positions."""
        order = np.random.default_rng(0).permutation(len(self.train))[:CLEAN_IMAGES]
        places = np.sort(order)
        return self.train.take(places), self.train_index[places]


def split_dataset(
    dataset: ImageDataset,
    protocol: Protocol,
    validation_images: int | None = None,
    limit_train: int | None = None,
    limit_test: int | None = None,
) -> DataSplits:
    """Splits a data set for a run.

    Args:
        dataset: the data set.
        protocol: "validation" holds images out of the training set, stratified by class; the others train on all.
        validation_images: how many to hold out; by default a tenth.
        limit_train: at most so many training images (a quick trial).
        limit_test: at most so many validation images and so many test images.

    Raises:
        SpecError: validation_images leaves no image of some class on one side.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(len(dataset.train))
    validation_index = None
    if protocol == "validation":
        order, validation_index = _hold_out(dataset, order, validation_images)
        validation_index = validation_index[:limit_test]
    train_index = np.sort(order[:limit_train])
    test_index = np.arange(len(dataset.test))[:limit_test]
    return DataSplits(
        train=dataset.train.take(train_index),
        train_index=train_index,
        validation=None if validation_index is None else dataset.train.take(validation_index),
        validation_index=validation_index,
        test=dataset.test.take(test_index),
        test_index=test_index,
    )


def split_sizes(
    info: DatasetInfo,
    protocol: Protocol,
    validation_images: int | None = None,
    limit_train: int | None = None,
    limit_test: int | None = None,
) -> tuple[int, int]:
    """How many images a run trains on, and evaluates after every epoch, without loading them: as `split_dataset`.

    Raises:
        SpecError: as `split_dataset`.
    """
    held_out = _held_out(info, validation_images) if protocol == "validation" else 0
    train = min(info.train_images - held_out, limit_train or info.train_images)
    sizes = {"validation": held_out, "test": info.test_images, "train": min(train, CLEAN_IMAGES)}
    evaluated = sizes[evaluation_split(protocol)]
    return train, min(evaluated, limit_test or evaluated)


def _hold_out(dataset: ImageDataset, order: np.ndarray, count: int | None) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(
        order, test_size=_held_out(dataset, count), stratify=dataset.train.targets[order], random_state=SPLIT_SEED
    )
    return train, validation


def _held_out(info: DatasetInfo, count: int | None) -> int:
    """How many images are held out, of which each class needs one on either side."""
    total, classes = info.train_images, len(info.class_names)
    count = round(total * VALIDATION_SHARE) if count is None else count
    if not classes <= count <= total - classes:
        raise SpecError(f"validation_images is {count}: {info.title} allows {classes} to {total - classes:,}.")
    return count
