"""Calibration: whether a network is right as often as it is sure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.errors import SpecError
from cifar_core.runs.run_files import Predictions

NUM_BINS = 15
"""As in Guo, Pleiss, Sun, Weinberger (2017), On Calibration of Modern Neural Networks."""
_LEAST = float(np.finfo(np.float32).eps)
"""A stored probability of 0 stands for one too small to be stored: its logarithm must stay finite."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The images whose answer was given with a confidence in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean, in 0..1; 0 without images."""
    accuracy: float
    """In 0..1; 0 without images."""

    @property
    def gap(self) -> float:
        """Confidence less accuracy: above 0 where the network is more sure than right."""
        return self.confidence - self.accuracy


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a network's confidence, the probability of its answer, is from its accuracy."""

    bins: tuple[ReliabilityBin, ...]
    count: int
    """Images."""
    confidence: float
    """Mean, in 0..1."""
    accuracy: float
    """In 0..1."""
    gap_by_chance: float
    """Two standard errors of confidence less accuracy if the network is calibrated, in 0..1.

    Each image i is then right with its own confidence p_i, so that the number of right ones has the variance
    sum of p_i * (1 - p_i) (Poisson binomial): 2 * sqrt(that) / count.
    """
    negative_log_likelihood: float
    """Mean of -log of the true class's probability, in nats."""
    brier: float
    """Mean squared distance between the probabilities and the truth, summed over classes, in 0..2 (Brier 1950)."""

    @property
    def expected_error(self) -> float:
        """ECE, in 0..1: mean of the bins' absolute gaps, weighted by their images (Guo et al. 2017, equation 3)."""
        return sum(bar.count * abs(bar.gap) for bar in self.bins) / self.count

    @property
    def expected_error_by_chance(self) -> float:
        """The ECE that a calibrated network gets on average on so many images of these confidences, in 0..1.

        In a bin of n images with mean confidence c the right ones are then binomial, and their number less n * c is
        near normal with the variance n * c * (1 - c); the mean of the absolute value of a normal variable is
        sqrt(2 / pi) of its standard deviation.
        """
        return math.sqrt(2 / math.pi) * sum(_spread(bar) for bar in self.bins) / self.count

    @property
    def is_beyond_chance(self) -> bool:
        """Whether a calibrated network would rarely get this ECE: three standard deviations above what it gets.

        The absolute value of a normal variable has the variance (1 - 2 / pi) of that variable's.
        """
        deviation = math.sqrt((1 - 2 / math.pi) * sum(_spread(bar) ** 2 for bar in self.bins)) / self.count
        return self.expected_error > self.expected_error_by_chance + 3 * deviation

    @property
    def worst_bin(self) -> ReliabilityBin:
        """The bin with the largest absolute gap; that gap is the maximum calibration error (their equation 5)."""
        return max((bar for bar in self.bins if bar.count), key=lambda bar: abs(bar.gap))


def calibration(predictions: Predictions, num_bins: int = NUM_BINS) -> Calibration:
    """Sorts the images into bins of equal width by confidence, and measures each.

    Args:
        predictions: of a set.
        num_bins: over 0..1.

    Raises:
        SpecError: there are no images.
    """
    count = len(predictions.targets)
    if not count:
        raise SpecError("No images were predicted: there is no calibration to measure.")
    probabilities = predictions.probabilities.astype(np.float64)
    confidence = probabilities.max(axis=1)
    right = predictions.predicted == predictions.targets
    of_truth = probabilities[np.arange(count), predictions.targets]
    brier = (probabilities**2).sum(axis=1) - 2 * of_truth + 1  # sum over classes of (p - truth)^2, multiplied out
    return Calibration(
        bins=_binned(confidence, right, num_bins),
        count=count,
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        gap_by_chance=2 * math.sqrt((confidence * (1 - confidence)).clip(0).sum()) / count,
        negative_log_likelihood=float(-np.log(np.maximum(of_truth, _LEAST)).mean()),
        brier=float(brier.mean()),
    )


def _spread(bar: ReliabilityBin) -> float:
    """Standard deviation of the number of right images in a bin of a calibrated network."""
    return math.sqrt(max(bar.count * bar.confidence * (1 - bar.confidence), 0.0))


def _binned(confidence: NDArray[np.float64], right: NDArray[np.bool_], num_bins: int) -> tuple[ReliabilityBin, ...]:
    edges = np.linspace(0, 1, num_bins + 1)
    # An edge belongs to the bin below it; a softmax may round to slightly more than 1.
    bins = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(bins, minlength=num_bins)
    sure = np.bincount(bins, confidence, num_bins) / np.maximum(counts, 1)
    accurate = np.bincount(bins, right, num_bins) / np.maximum(counts, 1)
    return tuple(
        ReliabilityBin(float(edges[at]), float(edges[at + 1]), int(counts[at]), float(sure[at]), float(accurate[at]))
        for at in range(num_bins)
    )
