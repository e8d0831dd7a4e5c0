from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from cifar_core.analysis.mistakes import ORDER_TITLES, MistakeOrder, rank_mistakes, select_cell
from cifar_core.runs import Predictions
from tests.analysis.predictions import perfect_predictions, random_predictions

ORDERS: tuple[MistakeOrder, ...] = get_args(MistakeOrder)
orders = pytest.mark.parametrize("order", ORDERS)


def naive_ranking(predictions: Predictions, order: MistakeOrder) -> list[int]:
    """Plain Python: the key of each wrong image, worst first, equal ones in their own order."""
    keys: list[tuple[float, int]] = []
    for position, (target, row) in enumerate(zip(predictions.targets, predictions.probabilities, strict=True)):
        shares = [float(share) for share in row]
        answer = shares.index(max(shares))
        if answer == target:
            continue
        wrong, right = np.float32(shares[answer]), np.float32(shares[target])
        cross_entropy = -math.log(right)
        by_order = {"confidence": -float(wrong), "loss": -cross_entropy, "margin": float(wrong - right)}
        keys.append((by_order[order], position))
    return [position for _, position in sorted(keys)]


@orders
@pytest.mark.parametrize("seed", range(5))
def test_ranking_is_that_of_plain_python(order: MistakeOrder, seed: int) -> None:
    predictions = random_predictions(seed=seed)
    assert rank_mistakes(predictions, order).tolist() == naive_ranking(predictions, order)


@orders
def test_equal_mistakes_keep_their_order(order: MistakeOrder) -> None:
    same = np.tile(np.array([[0.5, 0.25, 0.25]], dtype=np.float32), (20, 1))
    predictions = Predictions(np.arange(20), np.ones(20, dtype=np.int64), same, epoch=1)
    assert rank_mistakes(predictions, order).tolist() == list(range(20))


def test_the_orders_differ_where_they_should() -> None:
    # The true class is 0. Confident; least left for the truth; nearly right.
    rows = [[0.10, 0.90, 0.00], [0.01, 0.50, 0.49], [0.44, 0.46, 0.10]]
    predictions = Predictions(np.arange(3), np.zeros(3, dtype=np.int64), np.array(rows, dtype=np.float32), epoch=1)
    assert [rank_mistakes(predictions, order)[0] for order in ("confidence", "loss", "margin")] == [0, 1, 2]


@orders
def test_filters_keep_the_order_and_drop_the_rest(order: MistakeOrder) -> None:
    predictions = random_predictions()
    everything = rank_mistakes(predictions, order).tolist()
    true, predicted = predictions.targets.tolist(), predictions.predicted.tolist()
    for one in range(10):
        assert rank_mistakes(predictions, order, true_class=one).tolist() == [p for p in everything if true[p] == one]
        assert rank_mistakes(predictions, order, predicted_class=one).tolist() == [
            p for p in everything if predicted[p] == one
        ]
        other = (one + 3) % 10
        assert rank_mistakes(predictions, order, one, other).tolist() == [
            p for p in everything if (true[p], predicted[p]) == (one, other)
        ]


@orders
def test_a_cell_of_the_diagonal_holds_no_mistakes(order: MistakeOrder) -> None:
    assert rank_mistakes(random_predictions(), order, true_class=3, predicted_class=3).tolist() == []


@orders
def test_a_perfect_network_makes_none(order: MistakeOrder) -> None:
    ranked = rank_mistakes(perfect_predictions(), order)
    assert ranked.dtype == np.int64
    assert ranked.tolist() == []


@orders
def test_no_images_make_none(order: MistakeOrder) -> None:
    assert rank_mistakes(random_predictions(count=0), order).tolist() == []


def test_a_cell_holds_right_and_wrong_images_alike() -> None:
    predictions = random_predictions()
    true, predicted = predictions.targets.tolist(), predictions.predicted.tolist()
    positions = range(len(true))
    assert select_cell(predictions).tolist() == list(positions)
    assert select_cell(predictions, true_class=2).tolist() == [p for p in positions if true[p] == 2]
    assert select_cell(predictions, predicted_class=2).tolist() == [p for p in positions if predicted[p] == 2]
    assert select_cell(predictions, 2, 2).tolist() == [p for p in positions if true[p] == predicted[p] == 2]


def test_every_order_has_a_title() -> None:
    assert set(ORDER_TITLES) == set(ORDERS)
