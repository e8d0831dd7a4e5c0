from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]
from sklearn import metrics

from cifar_core.analysis.pairs import compare_predictions, mcnemar_p_value, positions_in
from cifar_core.errors import SpecError
from cifar_core.runs import Predictions
from tests.analysis.predictions import random_predictions

NAMES = tuple("abcdefghij")


def leaning(seed: int, towards_truth: float, count: int = 300) -> Predictions:
    """Random predictions of the same images, which are right the more often the more they lean."""
    predictions = random_predictions(count, seed)
    targets = random_predictions(count).targets
    leaned = predictions.probabilities + towards_truth * np.eye(10, dtype=np.float32)[targets]
    return replace(predictions, targets=targets, probabilities=leaned / leaned.sum(axis=1, keepdims=True))


def shuffled(predictions: Predictions, seed: int = 5) -> Predictions:
    order = np.random.default_rng(seed).permutation(len(predictions.index))
    arrays = (predictions.index[order], predictions.targets[order], predictions.probabilities[order])
    return Predictions(*arrays, epoch=predictions.epoch)


@pytest.mark.parametrize("seed", range(4))
def test_images_are_sorted_as_plain_python_sorts_them(seed: int) -> None:
    first, second = leaning(seed, 0.1), leaning(seed + 10, 0.05)
    pair = compare_predictions(first, second, NAMES)
    found: dict[tuple[bool, bool], list[int]] = {(a, b): [] for a in (True, False) for b in (True, False)}
    answers = zip(first.targets, first.predicted, second.predicted, strict=True)
    for position, (target, one, other) in enumerate(answers):
        found[bool(one == target), bool(other == target)].append(position)
    assert pair.only_first_positions.tolist() == found[True, False]
    assert pair.only_second_positions.tolist() == found[False, True]
    assert pair.both_wrong_positions.tolist() == found[False, False]
    counts = (pair.both_right, pair.only_first, pair.only_second, pair.both_wrong)
    assert counts == tuple(len(found[key]) for key in ((True, True), (True, False), (False, True), (False, False)))
    assert sum(counts) == pair.count == 300
    assert (pair.accuracy_first, pair.accuracy_second) == pytest.approx((first.accuracy, second.accuracy))


def test_recalls_by_class_are_scikit_learn_s() -> None:
    first, second = leaning(1, 0.1), leaning(2, 0.05)
    classes = compare_predictions(first, second, NAMES).classes
    assert [row.name for row in classes] == list(NAMES)
    assert [row.support for row in classes] == np.bincount(first.targets, minlength=10).tolist()
    for predictions, recalls in (
        (first, [c.recall_first for c in classes]),
        (second, [c.recall_second for c in classes]),
    ):
        expected = metrics.recall_score(predictions.targets, predictions.predicted, average=None, labels=range(10))
        assert recalls == pytest.approx(expected.tolist())


def test_a_class_without_images_has_a_recall_of_zero() -> None:
    predictions = random_predictions(20)
    predictions = replace(predictions, targets=predictions.targets % 9)
    last = compare_predictions(predictions, predictions, NAMES).classes[-1]
    assert (last.support, last.recall_first, last.recall_second) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("only_first", "only_second"), [(0, 0), (1, 0), (0, 5), (3, 3), (3, 4), (10, 25), (400, 300), (2600, 2400)]
)
def test_p_value_is_scipy_s(only_first: int, only_second: int) -> None:
    count = only_first + only_second
    expected = stats.binomtest(only_first, count, 0.5).pvalue if count else 1.0
    assert mcnemar_p_value(only_first, only_second) == pytest.approx(expected, rel=1e-9)
    assert mcnemar_p_value(only_second, only_first) == mcnemar_p_value(only_first, only_second)


def test_the_most_uneven_split_of_a_whole_test_set_is_still_a_number() -> None:
    assert mcnemar_p_value(10_000, 0) == 0.0


def test_a_network_does_not_differ_from_itself() -> None:
    predictions = random_predictions()
    pair = compare_predictions(predictions, predictions, NAMES)
    assert (pair.only_first, pair.only_second, pair.p_value, pair.is_significant) == (0, 0, 1.0, False)


def test_another_order_of_the_same_images_changes_nothing() -> None:
    first, second = leaning(1, 0.1), leaning(2, 0.05)
    mixed = shuffled(second)
    there = positions_in(first, mixed)
    np.testing.assert_array_equal(mixed.index[there], first.index)
    one, other = compare_predictions(first, second, NAMES), compare_predictions(first, mixed, NAMES)
    assert one.only_first_positions.tolist() == other.only_first_positions.tolist()
    assert one.only_second_positions.tolist() == other.only_second_positions.tolist()
    assert one.classes == other.classes


def test_other_images_are_refused_with_how_many_are_shared() -> None:
    predictions = random_predictions(300)
    later = replace(predictions, index=predictions.index + 100)
    with pytest.raises(SpecError, match=r"different images \(300 and 300, 200 of them shared\)"):
        compare_predictions(predictions, later, NAMES)
    with pytest.raises(SpecError, match=r"different images \(300 and 200"):
        compare_predictions(predictions, random_predictions(200), NAMES)


def test_other_labels_of_the_same_images_are_refused() -> None:
    predictions = random_predictions()
    relabelled = replace(predictions, targets=(predictions.targets + 1) % 10)
    with pytest.raises(SpecError, match="different labels"):
        compare_predictions(predictions, relabelled, NAMES)


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(SpecError, match="10 and 7 classes"):
        compare_predictions(random_predictions(), random_predictions(classes=7), NAMES)
    with pytest.raises(SpecError, match="not 9 each"):
        compare_predictions(random_predictions(), random_predictions(), NAMES[:9])


def test_no_images_are_refused() -> None:
    with pytest.raises(SpecError, match="nothing to compare"):
        compare_predictions(random_predictions(0), random_predictions(0), NAMES)
