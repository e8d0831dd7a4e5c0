from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from cifar_core.analysis.calibration import NUM_BINS, Calibration, calibration
from cifar_core.errors import SpecError
from cifar_core.runs import Predictions
from cifar_core.ui.mistakes.calibration_view import verdict
from tests.analysis.predictions import perfect_predictions, random_predictions


def sure_predictions(seed: int, count: int = 400) -> Predictions:
    """Answers of every confidence, right more often the surer they are."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, 10)) * generator.uniform(0.2, 6, size=(count, 1))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = np.array([generator.choice(10, p=row) for row in shares])
    return Predictions(np.arange(count), targets, shares.astype(np.float32), epoch=1)


seeds = pytest.mark.parametrize("seed", range(3))


@seeds
def test_errors_are_those_of_plain_python(seed: int) -> None:
    predictions = sure_predictions(seed)
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(NUM_BINS)]
    for target, row in zip(predictions.targets, predictions.probabilities, strict=True):
        shares = [float(share) for share in row]
        sure, answer = max(shares), shares.index(max(shares))
        bins[next(at for at in range(NUM_BINS) if sure <= (at + 1) / NUM_BINS or at == NUM_BINS - 1)].append(
            (sure, answer == target)
        )
    gaps = [
        (len(found), abs(sum(sure for sure, _ in found) - sum(right for _, right in found)) / len(found))
        for found in bins
        if found
    ]
    measured = calibration(predictions)
    assert [bar.count for bar in measured.bins] == [len(found) for found in bins]
    assert measured.expected_error == pytest.approx(sum(count * gap for count, gap in gaps) / 400)
    assert abs(measured.worst_bin.gap) == pytest.approx(max(gap for _, gap in gaps))


@seeds
def test_bins_are_scikit_learn_s(seed: int) -> None:
    predictions = sure_predictions(seed)
    right = predictions.predicted == predictions.targets
    confidence = predictions.probabilities.max(axis=1).astype(np.float64)
    accurate, sure = calibration_curve(right, confidence, n_bins=NUM_BINS)
    filled = [bar for bar in calibration(predictions).bins if bar.count]
    assert [bar.accuracy for bar in filled] == pytest.approx(accurate.tolist())
    assert [bar.confidence for bar in filled] == pytest.approx(sure.tolist())


@seeds
def test_scores_are_scikit_learn_s(seed: int) -> None:
    predictions = sure_predictions(seed)
    shares = predictions.probabilities.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    measured = calibration(predictions)
    expected = metrics.log_loss(predictions.targets, shares, labels=range(10))
    assert measured.negative_log_likelihood == pytest.approx(expected, rel=1e-5)
    assert measured.brier == pytest.approx(
        metrics.brier_score_loss(predictions.targets, shares, labels=range(10), scale_by_half=False), rel=1e-5
    )
    assert measured.accuracy == metrics.accuracy_score(predictions.targets, predictions.predicted)


def test_the_bins_hold_every_image_once_and_cover_all_confidences() -> None:
    predictions = random_predictions()
    measured = calibration(predictions)
    assert len(measured.bins) == NUM_BINS
    assert sum(bar.count for bar in measured.bins) == measured.count == 300
    assert measured.bins[0].low == 0.0
    assert measured.bins[-1].high == 1.0
    assert all(bar.low < bar.confidence <= bar.high for bar in measured.bins if bar.count)
    confidence = sum(bar.count * bar.confidence for bar in measured.bins) / 300
    assert measured.confidence == pytest.approx(confidence)


def test_a_network_that_is_sure_and_always_wrong_is_off_by_everything() -> None:
    shares = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (8, 1))
    measured = calibration(Predictions(np.arange(8), np.ones(8, dtype=np.int64), shares, epoch=1))
    assert (measured.expected_error, measured.worst_bin.gap, measured.brier) == (1.0, 1.0, 2.0)
    assert math.isfinite(measured.negative_log_likelihood)


def test_a_network_that_is_right_as_often_as_it_is_sure_is_calibrated() -> None:
    shares = np.tile(np.array([[0.75, 0.25]], dtype=np.float32), (8, 1))
    targets = np.array([0, 0, 0, 1, 0, 0, 0, 1])
    assert calibration(Predictions(np.arange(8), targets, shares, epoch=1)).expected_error == pytest.approx(0.0)


def test_a_confidence_rounded_above_one_is_in_the_last_bin() -> None:
    predictions = perfect_predictions(3)
    shares = np.eye(10, dtype=np.float32)[predictions.targets] * np.float32(1.0000001)
    assert calibration(replace(predictions, probabilities=shares)).bins[-1].count == 3


def test_no_images_are_refused() -> None:
    with pytest.raises(SpecError, match="No images"):
        calibration(random_predictions(0))


def calibrated(seed: int, count: int) -> Calibration:
    """Of a network whose answers are right exactly as often as it says."""
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5, 2, count) * 0.5 + 0.5
    right = generator.random(count) < confidence
    shares = np.stack([confidence, 1 - confidence], axis=1).astype(np.float32)
    return calibration(Predictions(np.arange(count), np.where(right, 0, 1), shares, epoch=1))


@pytest.mark.parametrize("count", [150, 5000])
def test_chance_is_no_finding(count: int) -> None:
    sets = [calibrated(seed, count) for seed in range(200)]
    beyond = sum(abs(one.confidence - one.accuracy) > one.gap_by_chance for one in sets)
    assert beyond / 200 < 0.08, "two standard errors leave one in twenty"
    assert sum(one.is_beyond_chance for one in sets) / 200 < 0.02
    told = [verdict(one, "validation") for one in sets]
    assert sum("calibrated." in sentence or "taken at its word" in sentence for sentence in told) / 200 > 0.92
    expected = np.mean([one.expected_error_by_chance for one in sets])
    assert np.mean([one.expected_error for one in sets]) == pytest.approx(expected, rel=0.08)


def test_what_is_beyond_chance_is_a_finding() -> None:
    assert "**overconfident**" in verdict(calibration(overconfident(5000)), "test")
    assert "as far as 20 images can tell" in verdict(calibration(overconfident(20)), "test")


def overconfident(count: int) -> Predictions:
    """Sure by 80 %, right in 75 %."""
    shares = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (count, 1))
    return Predictions(np.arange(count), (np.arange(count) % 4 == 0).astype(np.int64), shares, epoch=1)
