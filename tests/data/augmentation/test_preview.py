from __future__ import annotations

import numpy as np

from cifar_core.data import AugmentationSpec, find_augmentation, load_dataset
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.data.augmentation.preview import draw_samples, first_of_each_class

DIGITS = load_dataset("digits")


def test_original_stands_first_and_its_draws_behind_it() -> None:
    flip = AugmentationSpec(transforms=(HorizontalFlip(p=1.0),))
    rows = draw_samples(DIGITS, flip, [4, 9], samples=3, seed=0)
    for row, position in zip(rows, [4, 9], strict=True):
        original = DIGITS.train.images[position]
        assert np.array_equal(row[0], original)
        assert all(np.array_equal(draw, original[:, ::-1]) for draw in row[1:])


def test_one_seed_is_one_set_of_draws() -> None:
    spec = find_augmentation("assignment").spec
    first, again, other = (np.stack(draw_samples(DIGITS, spec, [0, 1], 6, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_draws_of_one_image_differ() -> None:
    (row,) = draw_samples(DIGITS, find_augmentation("assignment").spec, [0], 8, 0)
    assert len({draw.tobytes() for draw in row}) > 4


def test_every_class_has_a_first_image() -> None:
    positions = first_of_each_class(DIGITS)
    assert DIGITS.train.targets[positions].tolist() == list(range(10))
