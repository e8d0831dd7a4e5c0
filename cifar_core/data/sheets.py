"""Which images of a set to look at: some of every class, all of one, or the one at a position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.datasets import SPLIT_WORDS, DatasetInfo, Split, Targets
from cifar_core.errors import DataError

Positions = NDArray[np.int64]


def draw_by_class(targets: Targets, num_classes: int, per_class: int, draw: int) -> list[Positions]:
    """Takes some images of each class at random.

    Args:
        targets: int64 [N], class numbers.
        num_classes: how many classes there are.
        per_class: images of each; a smaller class gives all that it has.
        draw: 0 or more; the same number gives the same images again.

    Returns:
        For each class the positions of its images, each int64 [n] with n <= per_class, in the order drawn.
    """
    drawn = []
    for number in range(num_classes):
        found = positions_of_class(targets, number)
        drawn.append(np.random.default_rng((draw, number)).permutation(found)[:per_class])
    return drawn


def positions_of_class(targets: Targets, number: int) -> Positions:
    """Where the images of one class lie, int64 [n], the first one first."""
    return np.flatnonzero(targets == number)


def check_position(info: DatasetInfo, split: Split, position: int) -> None:
    """Says what is allowed where a data set has no image at a position.

    Raises:
        DataError: the position is below 0, or beyond the last image.
    """
    images = info.train_images if split == "train" else info.test_images
    if not 0 <= position < images:
        raise DataError(
            f"There is no {SPLIT_WORDS[split]} image {position:,} of {info.title}: choose 0 to {images - 1:,}."
        )
