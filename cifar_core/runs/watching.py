"""Which images a run is watched on while it learns."""

from __future__ import annotations

import numpy as np

WATCHED_IMAGES = 12


def watched_positions(targets: np.ndarray, num_classes: int, count: int = WATCHED_IMAGES) -> np.ndarray:
    """Positions of a few images that show every class: the first of each, then the second, and so on.

    Args:
        targets: int [N], the classes of the evaluated images, in 0..num_classes - 1.
        num_classes: of the data set.
        count: images wanted, at least 0.

    Returns:
        int64 [min(count, N)], without repetition: the first image of every class in the order of the classes, then the
        second of each, and so on. A class with no image left is passed over.
    """
    turn = np.zeros(len(targets), dtype=np.int64)
    for number in range(num_classes):
        of_class = targets == number
        turn[of_class] = np.arange(of_class.sum())
    return np.lexsort((targets, turn))[:count].astype(np.int64)
