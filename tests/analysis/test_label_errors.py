from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cifar_core.analysis.label_errors import find_label_errors, rank_ambiguous
from cifar_core.runs import Predictions
from tests.analysis.predictions import perfect_predictions, random_predictions

seeds = pytest.mark.parametrize("seed", range(4))


def plain_confident_learning(
    labels: list[int], shares: list[list[float]]
) -> tuple[list[float], list[list[int]], list[tuple[float, int, int]]]:
    """Thresholds, confident joint, and (margin, position, suggested class) of the candidates, in plain loops."""
    classes = len(shares[0])
    thresholds = []
    for number in range(classes):
        own = [row[number] for label, row in zip(labels, shares, strict=True) if label == number]
        thresholds.append(sum(own) / len(own))
    joint = [[0] * classes for _ in range(classes)]
    candidates = []
    for position, (label, row) in enumerate(zip(labels, shares, strict=True)):
        reached = [number for number in range(classes) if row[number] >= thresholds[number]]
        if not reached:
            continue
        seems = max(reached, key=lambda number: (row[number], -number))
        joint[label][seems] += 1
        if seems != label and row.index(max(row)) != label:
            margin = row[label] - max(share for number, share in enumerate(row) if number != label)
            candidates.append((margin, position, seems))
    return thresholds, joint, sorted(candidates)


def planted(seed: int, flips: int = 12, count: int = 600) -> tuple[Predictions, list[int]]:
    """Out-of-sample probabilities of a good network, and some labels turned into others; returns where."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 10, count)
    logits = generator.normal(size=(count, 10)) + 5.0 * np.eye(10)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    flipped = generator.choice(count, flips, replace=False)
    labels = truth.copy()
    labels[flipped] = (truth[flipped] + generator.integers(1, 10, flips)) % 10
    return Predictions(np.arange(count), labels, shares.astype(np.float32), epoch=1), sorted(flipped.tolist())


@seeds
def test_it_is_the_method_of_the_paper_in_plain_loops(seed: int) -> None:
    predictions = random_predictions(seed=seed)
    shares = [[float(share) for share in row] for row in predictions.probabilities]
    thresholds, joint, candidates = plain_confident_learning(predictions.targets.tolist(), shares)
    found = find_label_errors(predictions)
    assert found.thresholds.tolist() == pytest.approx(thresholds)
    assert found.joint.tolist() == joint
    assert found.positions.tolist() == [position for _, position, _ in candidates]
    assert found.suggested.tolist() == [suggested for _, _, suggested in candidates]
    assert found.margins.tolist() == pytest.approx([margin for margin, _, _ in candidates])


@seeds
def test_what_is_found_was_planted_and_is_most_of_it(seed: int) -> None:
    predictions, flipped = planted(seed)
    found = set(find_label_errors(predictions).positions.tolist())
    assert found <= set(flipped)
    assert len(found) > len(flipped) / 2
    mistakes = set(np.flatnonzero(predictions.predicted != predictions.targets).tolist())
    assert not mistakes <= set(flipped)  # the network's own mistakes were there to be taken for errors


@seeds
def test_what_a_planted_error_seems_to_be_is_its_true_class(seed: int) -> None:
    predictions, flipped = planted(seed)
    found = find_label_errors(predictions)
    suggested = dict(zip(found.positions.tolist(), found.suggested.tolist(), strict=True))
    assert all(suggested[at] == predictions.predicted[at] for at in flipped if at in suggested)


def test_a_network_that_is_always_right_doubts_no_label() -> None:
    assert find_label_errors(perfect_predictions()).positions.tolist() == []


def test_an_answer_below_its_class_s_threshold_is_no_candidate() -> None:
    # Images of class 1 get 0.9 on average: a wrong 0.6 for it is no confident answer.
    shares = np.array([[0.1, 0.9], [0.1, 0.9], [0.4, 0.6], [0.9, 0.1]], dtype=np.float32)
    predictions = Predictions(np.arange(4), np.array([1, 1, 0, 0]), shares, epoch=1)
    assert find_label_errors(predictions).positions.tolist() == []


def test_a_class_without_images_is_never_suggested() -> None:
    predictions = random_predictions()
    found = find_label_errors(replace(predictions, targets=predictions.targets % 9))
    assert np.isnan(found.thresholds[9])
    assert not found.joint[:, 9].any()
    assert 9 not in found.suggested


def test_no_images_have_no_errors_and_none_are_ambiguous() -> None:
    assert find_label_errors(random_predictions(0)).positions.tolist() == []
    assert rank_ambiguous(random_predictions(0)).positions.tolist() == []


@seeds
def test_ambiguous_images_are_ranked_as_plain_python_ranks_them(seed: int) -> None:
    predictions = random_predictions(seed=seed)
    ranked = []
    for position, row in enumerate(predictions.probabilities.tolist()):
        first, second = sorted(range(10), key=lambda number: (-row[number], number))[:2]
        ranked.append((-row[second], position, first, second))
    ranked.sort()
    found = rank_ambiguous(predictions)
    assert found.positions.tolist() == [position for _, position, _, _ in ranked]
    assert found.first.tolist() == [first for _, _, first, _ in ranked]
    assert found.second.tolist() == [second for _, _, _, second in ranked]
    assert found.scores.tolist() == pytest.approx([-score for score, _, _, _ in ranked])
    assert found.first.tolist() == predictions.predicted[found.positions].tolist()


def test_two_near_classes_come_before_many_and_before_one() -> None:
    shares = np.array([[0.9, 0.1, 0.0], [0.34, 0.33, 0.33], [0.5, 0.49, 0.01]], dtype=np.float32)
    predictions = Predictions(np.arange(3), np.zeros(3, dtype=np.int64), shares, epoch=1)
    assert rank_ambiguous(predictions).positions.tolist() == [2, 1, 0]
