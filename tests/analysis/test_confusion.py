from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from cifar_core.analysis.confusion import class_figures, confusion_matrix, most_confused, row_shares

CLASSES = 10
NAMES = tuple(str(number) for number in range(CLASSES))
Labels = NDArray[np.int64]


def drawn(count: int, seed: int, true: list[int], predicted: list[int]) -> tuple[Labels, Labels]:
    """Random true and predicted classes, each out of those given."""
    generator = np.random.default_rng(seed)
    return generator.choice(np.array(true), count), generator.choice(np.array(predicted), count)


EVERY, SOME = list(range(CLASSES)), [0, 3, 9]
CASES = {
    "random": drawn(500, 0, EVERY, EVERY),
    "few images": drawn(7, 1, EVERY, EVERY),
    "classes missing entirely": drawn(200, 2, SOME, SOME),
    "classes never predicted": drawn(200, 3, EVERY, SOME),
    "classes predicted but never true": drawn(200, 4, SOME, EVERY),
    "one class": drawn(20, 5, [4], [4]),
    "nothing right": drawn(50, 6, [1, 2], [7, 8]),
}
labels = pytest.mark.parametrize(("targets", "predicted"), CASES.values(), ids=CASES.keys())


@labels
def test_matrix_is_scikit_learn_s(targets: Labels, predicted: Labels) -> None:
    matrix = confusion_matrix(targets, predicted, CLASSES)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(targets, predicted, labels=EVERY))


@labels
def test_class_figures_are_scikit_learn_s(targets: Labels, predicted: Labels) -> None:
    figures = class_figures(confusion_matrix(targets, predicted, CLASSES), NAMES)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        targets, predicted, labels=EVERY, zero_division=0
    )
    assert [figure.name for figure in figures] == list(NAMES)
    assert [figure.precision for figure in figures] == pytest.approx(precision.tolist())
    assert [figure.recall for figure in figures] == pytest.approx(recall.tolist())
    assert [figure.f1 for figure in figures] == pytest.approx(f1.tolist())
    assert [figure.support for figure in figures] == support.tolist()


@labels
def test_row_shares_are_scikit_learn_s(targets: Labels, predicted: Labels) -> None:
    shares = row_shares(confusion_matrix(targets, predicted, CLASSES))
    # scikit-learn, too, gives 0 to the row of a class without images.
    expected = metrics.confusion_matrix(targets, predicted, labels=EVERY, normalize="true")
    np.testing.assert_allclose(shares, expected)


def test_rows_are_true_classes_and_columns_predicted_ones() -> None:
    matrix = confusion_matrix(np.array([0, 0, 2]), np.array([1, 1, 2]), 3)
    assert matrix.tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 1]]


def test_rows_sum_to_one_or_to_nothing() -> None:
    targets, predicted = CASES["classes missing entirely"]
    sums = row_shares(confusion_matrix(targets, predicted, CLASSES)).sum(axis=1)
    assert sums.tolist() == pytest.approx([float(number in SOME) for number in EVERY])


def test_no_images_at_all_give_zeros() -> None:
    matrix = confusion_matrix(np.array([], dtype=np.int64), np.array([], dtype=np.int64), CLASSES)
    assert matrix.shape == (CLASSES, CLASSES)
    assert not matrix.any()
    assert not row_shares(matrix).any()
    assert {(f.precision, f.recall, f.f1, f.support) for f in class_figures(matrix, NAMES)} == {(0.0, 0.0, 0.0, 0)}


def test_the_most_confused_pairs_count_mistakes_both_ways() -> None:
    matrix = np.array([[50, 3, 1], [4, 60, 0], [2, 0, 70]])
    first, second = most_confused(matrix, 5)
    assert (first.first, first.second, first.first_as_second, first.second_as_first) == (1, 0, 4, 3)
    assert first.mistakes == 7
    assert first.share == pytest.approx(7 / 10)
    assert (second.first, second.second, second.mistakes) == (2, 0, 3)
    assert most_confused(matrix, 1) == [first]


@labels
def test_all_confused_pairs_together_are_all_mistakes(targets: Labels, predicted: Labels) -> None:
    pairs = most_confused(confusion_matrix(targets, predicted, CLASSES), CLASSES**2)
    assert sum(pair.mistakes for pair in pairs) == (targets != predicted).sum()
    assert sum(pair.share for pair in pairs) == pytest.approx(1.0 if pairs else 0.0)
    assert [pair.mistakes for pair in pairs] == sorted((pair.mistakes for pair in pairs), reverse=True)


def test_no_mistakes_are_no_confused_pairs() -> None:
    assert most_confused(np.diag([3, 4, 5]), 5) == []
