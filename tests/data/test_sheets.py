from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data import ImageDataset, dataset_info
from cifar_core.data.datasets import Split
from cifar_core.data.sheets import check_position, draw_by_class, positions_of_class
from cifar_core.errors import DataError


def test_a_draw_takes_different_images_of_each_class(digits: ImageDataset) -> None:
    targets = digits.train.targets
    drawn = draw_by_class(targets, 10, per_class=8, draw=3)
    assert [len(set(row.tolist())) for row in drawn] == [8] * 10
    assert all((targets[row] == number).all() for number, row in enumerate(drawn))


def test_the_same_draw_gives_the_same_images_and_another_one_others(digits: ImageDataset) -> None:
    first, again, other = (np.stack(draw_by_class(digits.train.targets, 10, 8, draw)) for draw in (1, 1, 2))
    assert np.array_equal(first, again)
    assert (first != other).any(axis=1).all()


def test_a_small_class_gives_all_that_it_has() -> None:
    drawn = draw_by_class(np.array([2, 0, 2]), 3, per_class=5, draw=0)
    assert [sorted(row.tolist()) for row in drawn] == [[1], [], [0, 2]]


def test_a_class_lies_where_its_targets_say() -> None:
    assert positions_of_class(np.array([2, 0, 2]), 2).tolist() == [0, 2]


@pytest.mark.parametrize(("split", "position"), [("train", 0), ("train", 49_999), ("test", 9_999)])
def test_a_position_within_the_set_is_accepted(split: Split, position: int) -> None:
    check_position(dataset_info("cifar10"), split, position)


@pytest.mark.parametrize(
    ("split", "position", "sentence"),
    [
        ("train", 50_000, "There is no training image 50,000 of CIFAR-10: choose 0 to 49,999."),
        ("train", -1, "There is no training image -1 of CIFAR-10: choose 0 to 49,999."),
        ("test", 10_000, "There is no test image 10,000 of CIFAR-10: choose 0 to 9,999."),
    ],
)
def test_a_position_beyond_the_set_is_told_with_the_allowed_range(split: Split, position: int, sentence: str) -> None:
    with pytest.raises(DataError) as refused:
        check_position(dataset_info("cifar10"), split, position)
    assert str(refused.value) == sentence
