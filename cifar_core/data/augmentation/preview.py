"""Augmentation looked at: the same images drawn several times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.datasets import ImageDataset, Images


def draw_samples(
    dataset: ImageDataset, spec: AugmentationSpec, positions: Sequence[int], samples: int, seed: int
) -> list[Images]:
    """Each training image followed by `samples` augmented draws of it.

    Args:
        dataset: where the images come from; its mean is the fill colour "mean".
        spec: the augmentation.
        positions: of the images in the training array.
        samples: draws an image.
        seed: decides every draw.

    Returns:
        One uint8 [1 + samples, H, W, 3] an image, the original first.
    """
    originals = dataset.train.images[list(positions)]
    repeated = originals.repeat(samples, axis=0)
    drawn = AlbumentationsPipeline(spec, dataset.mean)(repeated, seed)
    return [
        np.concatenate([original[None], drawn[row * samples : (row + 1) * samples]])
        for row, original in enumerate(originals)
    ]


def first_of_each_class(dataset: ImageDataset) -> list[int]:
    """Positions of the first training image of every class."""
    return [int(np.flatnonzero(dataset.train.targets == number)[0]) for number in range(len(dataset.class_names))]
