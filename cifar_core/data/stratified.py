"""A stratified split, to the bit scikit-learn's, without importing that: it takes a second in every process."""

from __future__ import annotations

import numpy as np


def stratified_split(targets: np.ndarray, held_out: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Splits positions so that either part has each class in the share that it has in all.

    The same as `sklearn.model_selection.train_test_split(order, test_size=held_out, stratify=targets,
    random_state=seed)` for the order of the positions.

    Args:
        targets: the class of each position, integers.
        held_out: how many positions the second part has; enough for one of each class on either side.
        seed: of the order and of the rounding.

    Returns:
        Positions of the first part and of the second, each in a random order.
    """
    _, classes, counts = np.unique(targets, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    draws = np.random.RandomState(seed)
    kept = _shares(counts, len(targets) - held_out, draws)
    taken = _shares(counts - kept, held_out, draws)
    first, second = [], []
    for positions, keep, take in zip(members, kept, taken, strict=True):
        shuffled = positions[draws.permutation(len(positions))]
        first.append(shuffled[:keep])
        second.append(shuffled[keep : keep + take])
    return draws.permutation(np.concatenate(first)), draws.permutation(np.concatenate(second))


def _shares(counts: np.ndarray, total: int, draws: np.random.RandomState) -> np.ndarray:
    """How many of each class a part of `total` has: rounded down, and the largest remainders up, ties by chance."""
    exact = counts / counts.sum() * total
    shares = np.floor(exact)
    remainders, missing = exact - shares, int(total - shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if missing <= 0:
            break
        (tied,) = np.where(remainders == remainder)
        up = min(len(tied), missing)
        shares[draws.choice(tied, size=up, replace=False)] += 1
        missing -= up
    whole: np.ndarray = shares.astype(np.int64)
    return whole
