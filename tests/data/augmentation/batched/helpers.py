"""What the tests of the batched engine share; albumentations and scikit-learn are imported only where they are used."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cifar_core.data import load_dataset
from cifar_core.data.augmentation import AugmentationSpec, Transform
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.datasets import Images
from tests.conftest import CIFAR10_FOLDER

MEAN = (0.4914, 0.4822, 0.4465)
COUNT = 300
PICTURES = ("digits", pytest.param("cifar10", marks=pytest.mark.cifar10), "noise")
BORDERS = ("constant", "reflect", "replicate")


def noise(count: int = COUNT, seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


@cache
def pictures(name: str) -> Images:
    return noise() if name == "noise" else load_dataset(name, CIFAR10_FOLDER).train.images[:COUNT].copy()


def spec_of(*transforms: Transform) -> AugmentationSpec:
    return AugmentationSpec(transforms=transforms)


def applied(images: Images, draws: tuple[Draws, ...], *transforms: Transform) -> Images:
    """By the batched engine."""
    return BatchedPipeline(spec_of(*transforms), MEAN).apply(torch.from_numpy(images), draws).numpy()


def recorded(images: Images, *transforms: Transform, seed: int = 0) -> tuple[Images, tuple[Draws, ...]]:
    """What albumentations made of the images, and what it drew."""
    pytest.importorskip("albumentations")
    from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline

    told = AlbumentationsPipeline(spec_of(*transforms), MEAN).record(images, range(seed, seed + len(images)))
    return told.images, told.draws


def levels_apart(images: Images, *transforms: Transform) -> NDArray[np.int64]:
    """Between the engines, given albumentations' draws; [N, 32, 32, 3]."""
    expected, draws = recorded(images, *transforms)
    return apart(applied(images, draws, *transforms), expected)


def apart(images: Images, others: Images) -> NDArray[np.int64]:
    between: NDArray[np.int64] = np.abs(images.astype(np.int64) - others)
    return between


def drawn(transform: str, **values: object) -> Draws:
    """Draws of a transform that happens to every image; a value for each."""
    arrays = {name: np.asarray(value) for name, value in values.items()}
    return Draws(transform, np.ones(len(next(iter(arrays.values()))), dtype=np.bool_), arrays)
