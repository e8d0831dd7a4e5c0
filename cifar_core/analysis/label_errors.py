"""Images whose label may be wrong, and images between two classes.

Likely label errors are found by confident learning (Northcutt, Jiang, Chuang 2021, Confident Learning: Estimating
Uncertainty in Dataset Labels, Journal of Artificial Intelligence Research 70). It needs probabilities for images that
the network was not trained on; those stored for a run are of such images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.analysis.confusion import Counts, confusion_matrix
from cifar_core.runs.run_files import Predictions

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """The images whose label a network doubts, the most doubtful first."""

    thresholds: NDArray[np.float64]
    """[num_classes]: mean probability that images labelled with a class get for it; NaN for a class without images."""
    joint: Counts
    """int64 [num_classes, num_classes], the confident joint: row = label, column = the class that the image seems to be
    of. Images that reach the threshold of no class are not counted."""
    positions: Positions
    """int64 [K], in the predictions."""
    suggested: NDArray[np.int64]
    """int64 [K], the classes that these images seem to be of."""
    margins: NDArray[np.float64]
    """[K], in -1..0, rising: the label's probability less the largest other one (the normalized margin)."""


@dataclass(frozen=True, slots=True)
class AmbiguousImages:
    """Images between two classes, the most undecided first."""

    positions: Positions
    """int64 [N], in the predictions."""
    first: NDArray[np.int64]
    """int64 [N], the network's answers."""
    second: NDArray[np.int64]
    """int64 [N], the classes that it deems next likely."""
    scores: NDArray[np.float64]
    """[N], in 0..0.5, falling: the second class's probability."""


def find_label_errors(predictions: Predictions) -> LabelErrors:
    """Confident learning: images that are confidently of another class than their label says.

    An image seems to be of the most probable class among those whose threshold it reaches. Where that is not its label,
    it lies off the diagonal of the confident joint and is a candidate, unless the label is the network's own answer all
    the same (the authors' implementation, cleanlab, leaves those out as well).

    Args:
        predictions: of images that the network was not trained on.
    """
    labels, shares = predictions.targets, predictions.probabilities.astype(np.float64)
    rows, classes = np.arange(len(labels)), shares.shape[1]
    of_label = shares[rows, labels]
    support = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, of_label, classes)
    thresholds = np.divide(sums, support, out=np.full(classes, np.nan), where=support > 0)

    confident = shares >= thresholds  # false against NaN: nothing is known of a class without images
    seems = np.where(confident, shares, -1.0).argmax(axis=1)
    counted = confident.any(axis=1)
    doubted = np.flatnonzero(counted & (seems != labels) & (predictions.predicted != labels))

    others = shares.copy()
    others[rows, labels] = -1.0
    margins = of_label - others.max(axis=1)
    ranked: Positions = doubted[np.argsort(margins[doubted], kind="stable")]
    return LabelErrors(
        thresholds=thresholds,
        joint=confusion_matrix(labels[counted], seems[counted], classes),
        positions=ranked,
        suggested=seems[ranked],
        margins=margins[ranked],
    )


def rank_ambiguous(predictions: Predictions) -> AmbiguousImages:
    """All images, those first that the network cannot decide between two classes for.

    By the second class's probability: half of what the first two have together less half of their margin, so it is
    large only where the two are near each other and leave little for the rest.

    Args:
        predictions: of images that the network was not trained on.
    """
    order = np.argsort(-predictions.probabilities, axis=1, kind="stable")
    first, second = order[:, 0], order[:, 1]
    scores = predictions.probabilities[np.arange(len(second)), second].astype(np.float64)
    ranked: Positions = np.argsort(-scores, kind="stable")
    return AmbiguousImages(ranked, first[ranked], second[ranked], scores[ranked])
