"""Confusion matrix and the per-class figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fares; each figure is in 0..1, and 0 where nothing is there to divide by."""

    name: str
    precision: float
    """Right among those predicted to be of this class."""
    recall: float
    """Right among those of this class."""
    f1: float
    support: int
    """Images of this class."""


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two classes and the mistakes between them, whichever way."""

    first: int
    second: int
    first_as_second: int
    """Images of the first class that were called the second."""
    second_as_first: int
    share: float
    """Of all mistakes, in 0..1."""

    @property
    def mistakes(self) -> int:
        """Between the two, both ways."""
        return self.first_as_second + self.second_as_first


def confusion_matrix(targets: NDArray[np.int64], predicted: NDArray[np.int64], num_classes: int) -> Counts:
    """Counts int64 [num_classes, num_classes]: row = true class, column = predicted class."""
    cells = np.bincount(targets * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)


def class_figures(matrix: Counts, class_names: tuple[str, ...]) -> list[ClassFigures]:
    """Precision, recall, F1 and support of every class, from a confusion matrix."""
    right, predicted, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    return [
        ClassFigures(
            name=name,
            precision=_share(right[number], predicted[number]),
            recall=_share(right[number], true[number]),
            f1=_share(2 * right[number], predicted[number] + true[number]),
            support=int(true[number]),
        )
        for number, name in enumerate(class_names)
    ]


def row_shares(matrix: Counts) -> NDArray[np.float64]:
    """Each row divided by its sum, in 0..1: of a true class, the share that went to each predicted one."""
    totals = matrix.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    return shares


def most_confused(matrix: Counts, count: int) -> list[ConfusedPair]:
    """The pairs of classes with most mistakes between them, most first; at most `count`, none without a mistake.

    The first class of a pair is the one that is more often taken for the other.
    """
    mistakes = matrix.sum() - np.trace(matrix)
    pairs = [
        ConfusedPair(one, other, int(matrix[one, other]), int(matrix[other, one]), _share(both, mistakes))
        for low in range(len(matrix))
        for high in range(low + 1, len(matrix))
        if (both := matrix[low, high] + matrix[high, low])
        for one, other in [(low, high) if matrix[low, high] >= matrix[high, low] else (high, low)]
    ]
    return sorted(pairs, key=lambda pair: -pair.mistakes)[:count]


def _share(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else 0.0
