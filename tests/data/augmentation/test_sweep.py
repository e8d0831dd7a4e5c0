from __future__ import annotations

import random

import albumentations as A
import cv2
import numpy as np
import pytest

from cifar_core.data.augmentation import (
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
)
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.sweep import sweep, sweep_values, sweepable
from cifar_core.data.datasets import Images

MEAN = (0.4, 0.5, 0.6)
FILL = (102.0, 128.0, 153.0)
EVERY = [(info.make(), name) for info in TRANSFORMS.values() for name in sweepable(info.make())]
BOTH_WAYS = [(each, name) for each, name in EVERY if name != "holes" and sum(sweepable(each)[name].asked) in (0, 2)]
"""From minus to plus an amount, or by a factor around 1."""


def smooth() -> Images:
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return cv2.resize(noise, (32, 32), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def applied(transform: A.BasicTransform) -> Images:
    """By albumentations, whose draw is fixed by a range of one value."""
    transform.set_random_state(np.random.default_rng(0), random.Random(0))
    done: Images = transform(image=smooth())["image"]
    return done


def affine(**fixed: object) -> A.Affine:
    still = {"rotate": (0, 0), "scale": (1, 1), "translate_px": (0, 0)}
    return A.Affine(**{**still, **fixed}, keep_ratio=True, fill=FILL, p=1.0)


@pytest.mark.parametrize(
    ("transform", "name", "value", "expected"),
    [
        (ShiftScaleRotate(), "angle", -25.0, affine(rotate=(-25, -25))),
        (ShiftScaleRotate(), "angle", 10.0, affine(rotate=(10, 10))),
        (ShiftScaleRotate(), "scale", 1.3, affine(scale=(1.3, 1.3))),
        (ShiftScaleRotate(), "dx", 5.0, affine(translate_px={"x": (5, 5), "y": (0, 0)})),
        (ShiftScaleRotate(), "dy", -3.0, affine(translate_px={"x": (0, 0), "y": (-3, -3)})),
        (ColorJitter(), "brightness", 0.6, A.ColorJitter((0.6, 0.6), (1, 1), (1, 1), (0, 0), p=1.0)),
        (ColorJitter(), "hue", 90.0, A.ColorJitter((1, 1), (1, 1), (1, 1), (0.25, 0.25), p=1.0)),
        (GaussianBlur(), "sigma", 1.5, A.GaussianBlur(blur_limit=0, sigma_limit=(1.5, 1.5), p=1.0)),
    ],
    ids=["turned right", "turned left", "zoomed", "shifted right", "shifted up", "darker", "hue", "blurred"],
)
def test_a_value_gives_the_picture_that_albumentations_gives(
    transform: Transform, name: str, value: float, expected: A.BasicTransform
) -> None:
    (swept,) = sweep(smooth(), transform, name, [value], MEAN)
    off = np.abs(swept.astype(int) - applied(expected))
    assert np.quantile(off, 0.999) <= 2


@pytest.mark.parametrize(("transform", "name"), EVERY, ids=[f"{each.type}-{name}" for each, name in EVERY])
def test_every_amount_can_be_swept(transform: Transform, name: str) -> None:
    values = sweep_values(transform, name, 13)
    asked = sweepable(transform)[name].asked
    assert 2 <= len(values) <= 14
    assert values == sorted(set(values))
    assert values[0] <= asked[0] <= asked[1] <= values[-1]
    pictures = sweep(smooth(), transform, name, values, MEAN)
    assert pictures.shape == (len(values), 32, 32, 3)
    assert pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) > 1


@pytest.mark.parametrize(("transform", "name"), BOTH_WAYS, ids=[f"{each.type}-{name}" for each, name in BOTH_WAYS])
def test_the_middle_of_what_goes_both_ways_changes_nothing(transform: Transform, name: str) -> None:
    middle = 1.0 if sweepable(transform)[name].unit == "factor" else 0.0
    assert middle in [pytest.approx(value) for value in sweep_values(transform, name, 13)]
    (still,) = sweep(smooth(), transform, name, [middle], MEAN)
    assert np.abs(still.astype(int) - smooth()).max() <= 2


def test_a_rotation_goes_from_minus_30_to_30_and_further_where_more_is_asked_for() -> None:
    assert sweep_values(ShiftScaleRotate(), "angle", 13)[::6] == [-30, 0, 30]
    assert sweep_values(ShiftScaleRotate(rotate_limit=90), "angle", 3) == [-90, 0, 90]


def test_whole_amounts_go_in_even_whole_steps() -> None:
    assert sweep_values(ShiftScaleRotate(), "dx", 13) == [-8, -6, -4, -2, 0, 2, 4, 6, 8]
    assert sweep_values(ShiftScaleRotate(shift_limit=0.5), "dx", 13) == list(range(-16, 17, 4))
    heights = sweep_values(CoarseDropout(), "height", 13)
    assert heights == [*range(1, 32, 3), 32]


def test_a_hole_grows_in_the_middle() -> None:
    black = CoarseDropout(fill=(0, 0, 0))
    heights = [1, 8, 32]
    pictures = sweep(np.full((32, 32, 3), 255, np.uint8), black, "height", heights, MEAN)
    for picture, height in zip(pictures, heights, strict=True):
        rows, columns = (picture[..., 0] == 0).any(axis=1), (picture[..., 0] == 0).any(axis=0)
        assert (rows.sum(), columns.sum()) == (height, 16)
        assert rows[15] or rows[16]


def test_one_more_hole_leaves_the_others() -> None:
    small = CoarseDropout(height=4, width=4, fill=(0, 0, 0))
    covered = sweep(np.full((32, 32, 3), 255, np.uint8), small, "holes", [1, 2, 3], MEAN)[..., 0] == 0
    assert covered[0].sum() == 16
    assert (covered[1] >= covered[0]).all()
    assert (covered[2] >= covered[1]).all()
    assert covered[2].sum() > covered[0].sum()


def test_a_crop_shifts_the_image_and_mirrors_the_border() -> None:
    (moved,) = sweep(smooth(), RandomCrop(padding=4), "dx", [3], MEAN)
    assert np.array_equal(moved[:, 3:], smooth()[:, :-3])
    assert np.array_equal(moved[:, 2], smooth()[:, 1])


def test_what_only_happens_or_not_cannot_be_swept() -> None:
    assert sweepable(HorizontalFlip()) == {}
    with pytest.raises(ValueError, match="horizontal_flip has no amount 'p'"):
        sweep(smooth(), HorizontalFlip(), "p", [0.5], MEAN)


@pytest.mark.parametrize("name", ["left", "top"])
def test_a_hole_comes_to_every_place_that_is_asked_for(name: str) -> None:
    dropout = CoarseDropout(height=(4, 16), width=(4, 16), fill=(255, 0, 0))
    values = sweep_values(dropout, name, 8)
    assert values[-1] == 28
    black = np.zeros((32, 32, 3), dtype=np.uint8)
    for value, picture in zip(values, sweep(black, dropout, name, values, (0.5, 0.5, 0.5)), strict=True):
        red = np.argwhere(picture[..., 0] == 255)
        assert red[:, 1 if name == "left" else 0].min() == value
