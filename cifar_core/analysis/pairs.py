"""Two networks on the same images: where only one of them is right, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.errors import SpecError
from cifar_core.runs.run_files import Predictions

NOTHING_APART = "A and B are right on the same images: nothing tells them apart."
"""What there is to say where no image is right with one of the two alone."""
SIGNIFICANT = 0.05
"""The customary level below which a difference is told as more than chance."""

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassPair:
    """How one class fares with both networks; recalls are in 0..1, and 0 where the class has no images."""

    name: str
    support: int
    """Images of this class."""
    recall_first: float
    recall_second: float


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Both networks' answers set side by side; positions count in the first one's predictions, rising."""

    count: int
    """Images."""
    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float
    """Of the exact two-sided McNemar test, in 0..1: see `mcnemar_p_value`."""
    accuracy_first: float
    """In 0..1."""
    accuracy_second: float
    """In 0..1."""
    classes: tuple[ClassPair, ...]
    only_first_positions: Positions
    only_second_positions: Positions
    both_wrong_positions: Positions

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would rarely split the images so unevenly."""
        return self.p_value < SIGNIFICANT


def compare_predictions(first: Predictions, second: Predictions, class_names: Sequence[str]) -> PairComparison:
    """Compares what two networks said of the same images.

    Args:
        first: of one network, for a set.
        second: of the other, for the same images of the same data set, in any order.
        class_names: of the data set.

    Raises:
        SpecError: they predicted other images, other labels, or another number of classes.
    """
    if not first.probabilities.shape[1] == second.probabilities.shape[1] == len(class_names):
        raise SpecError(
            f"The two runs tell {first.probabilities.shape[1]} and {second.probabilities.shape[1]} classes apart, "
            f"not {len(class_names)} each: choose two runs of one data set."
        )
    there = positions_in(first, second)
    targets = first.targets
    right = first.predicted == targets
    other = second.predicted[there] == targets
    only_first, only_second = np.flatnonzero(right & ~other), np.flatnonzero(~right & other)
    both_wrong = np.flatnonzero(~right & ~other)
    return PairComparison(
        count=len(targets),
        both_right=int((right & other).sum()),
        only_first=len(only_first),
        only_second=len(only_second),
        both_wrong=len(both_wrong),
        p_value=mcnemar_p_value(len(only_first), len(only_second)),
        accuracy_first=float(right.mean()),
        accuracy_second=float(other.mean()),
        classes=_by_class(targets, right, other, class_names),
        only_first_positions=only_first,
        only_second_positions=only_second,
        both_wrong_positions=both_wrong,
    )


def positions_in(first: Predictions, second: Predictions) -> Positions:
    """Where each image of `first` stands in `second`, int64 [N].

    Raises:
        SpecError: they predicted other images, or their labels differ.
    """
    here, there = np.argsort(first.index, kind="stable"), np.argsort(second.index, kind="stable")
    if not len(here):
        raise SpecError("The first run predicted no images: there is nothing to compare.")
    if not np.array_equal(first.index[here], second.index[there]):
        shared = len(np.intersect1d(first.index, second.index))
        raise SpecError(
            f"The two runs predicted different images ({len(here):,} and {len(there):,}, {shared:,} of them shared): "
            "choose two runs with the same held-out images."
        )
    if not np.array_equal(first.targets[here], second.targets[there]):
        raise SpecError("The two runs have different labels for the same images: choose two runs of one data set.")
    positions = np.empty(len(here), dtype=np.int64)
    positions[here] = there
    return positions


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """How likely a split at least this uneven is, if each of the images that one network alone gets right were a toss.

    The exact, binomial, two-sided form of the test of McNemar (1947, Psychometrika 12). It asks about these two sets of
    weights: how much a network varies with the seed of its training is beyond it (Dietterich 1998, Neural Computation
    10).

    Args:
        only_first: images that only the first network gets right.
        only_second: images that only the second one gets right.
    """
    count, fewer = only_first + only_second, min(only_first, only_second)
    if only_first == only_second:
        return 1.0
    ways = so_far = 1  # of choosing `successes` images out of `count`; whole numbers, since 2**-count is 0 as a float
    for successes in range(fewer):
        ways = ways * (count - successes) // (successes + 1)
        so_far += ways
    return 2 * so_far / (1 << count)


def _by_class(
    targets: NDArray[np.int64], right: NDArray[np.bool_], other: NDArray[np.bool_], class_names: Sequence[str]
) -> tuple[ClassPair, ...]:
    count = len(class_names)
    support = np.bincount(targets, minlength=count)
    first = np.bincount(targets[right], minlength=count) / np.maximum(support, 1)
    second = np.bincount(targets[other], minlength=count) / np.maximum(support, 1)
    return tuple(
        ClassPair(name, int(support[at]), float(first[at]), float(second[at])) for at, name in enumerate(class_names)
    )
