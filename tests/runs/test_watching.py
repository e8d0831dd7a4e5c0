from __future__ import annotations

import numpy as np
import pytest

from cifar_core.runs.watching import watched_positions


def test_one_of_each_class_comes_first_then_further_ones_in_turn() -> None:
    targets = np.array([2, 0, 0, 1, 2, 1, 0])
    assert watched_positions(targets, 3, 5).tolist() == [1, 3, 0, 2, 5]


def test_a_class_without_further_images_is_passed_over() -> None:
    targets = np.array([1, 1, 3, 1])
    assert watched_positions(targets, 4, 4).tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize(("images", "count"), [(0, 12), (5, 12), (500, 12), (500, 0)])
def test_there_are_never_more_than_asked_for_or_than_there_are(images: int, count: int) -> None:
    targets = np.random.default_rng(0).integers(0, 10, images)
    positions = watched_positions(targets, 10, count)
    assert len(positions) == len(set(positions.tolist())) == min(images, count)


def test_a_dozen_of_ten_classes_shows_all_of_them_and_two_twice() -> None:
    targets = np.random.default_rng(1).permutation(np.repeat(np.arange(10), 30))
    positions = watched_positions(targets, 10)
    assert targets[positions].tolist() == [*range(10), 0, 1]
    assert np.array_equal(positions, watched_positions(targets, 10))
