"""Both engines draw from the same distributions: every value of every transform, by fixed seeds, n = 2,000."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from cifar_core.data.augmentation import (
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from tests.data.augmentation.batched.helpers import MEAN, noise, recorded, spec_of

COUNT = 2_000
LEAST_P = 0.001
Values = NDArray[np.generic]
TRANSFORMS = (
    HorizontalFlip(p=0.3),
    ShiftScaleRotate(p=0.9),
    ShiftScaleRotate(shift_limit=0.5, scale_limit=0.6, rotate_limit=180, p=1),
    RandomCrop(padding=4, p=0.9),
    ColorJitter(p=0.9),
    ColorJitter(brightness=1, contrast=1, saturation=1, hue=0.5, p=1),
    BrightnessContrast(p=0.9),
    Grayscale(p=0.1),
    GaussianBlur(sigma=(0.3, 3.0), p=0.9),
    CoarseDropout(holes=(2, 5), height=(3, 20), width=(1, 32), p=0.9),
    CoarseDropout(p=1),
    TrivialAugment(strength=0.5, p=0.9),
    TrivialAugment(strength=1.0),
)


def by_albumentations(*transforms: Transform) -> tuple[Draws, ...]:
    return recorded(noise(1).repeat(COUNT, axis=0), *transforms)[1]


def by_ours(*transforms: Transform) -> tuple[Draws, ...]:
    return BatchedPipeline(spec_of(*transforms), MEAN).draw(COUNT, seed=1)


def seen(draws: Draws) -> dict[str, Values]:
    """Each drawn value on its own, of the images that the transform happened to."""
    happened = {name: value[draws.applied] for name, value in draws.values.items()}
    match draws.type:
        case "color_jitter":
            # An order of four as one number.
            return {**happened, "order": happened["order"] @ np.array([64, 16, 4, 1])}
        case "coarse_dropout":
            holes = happened["holes"].astype(np.int64)
            is_hole = holes[..., 2] > 0
            left, top, right, bottom = holes[is_hole].T
            sizes = {"width": right - left, "height": bottom - top}
            return {"number": is_hole.sum(axis=1), **sizes, "left": left, "top": top}
        case "trivial_augment":
            amounts = {op: happened["amount"][happened["op"] == number] for number, op in enumerate(TRIVIAL_OPS)}
            return {"op": happened["op"], **amounts}
    return happened


def p_value(values: Values, others: Values) -> float:
    """That both were drawn from one distribution: by categories where there are few, else by Kolmogorov and Smirnov."""
    kinds = np.unique(np.concatenate([values, others]))
    if len(kinds) == 1:
        return 1.0
    if len(kinds) <= 25:
        table = [[np.count_nonzero(of == kind) for kind in kinds] for of in (values, others)]
        return float(stats.chi2_contingency(table).pvalue)
    return float(stats.ks_2samp(values, others).pvalue)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: f"{transform.type}-{transform.p:g}")
def test_every_value_is_drawn_as_albumentations_draws_it(transform: Transform) -> None:
    (theirs,), (ours,) = by_albumentations(transform), by_ours(transform)
    assert theirs.type == ours.type == transform.type
    assert set(theirs.values) == set(ours.values)
    for draws in (theirs, ours):
        assert stats.binomtest(int(draws.applied.sum()), COUNT, transform.p).pvalue > LEAST_P
    others = seen(theirs)
    for name, values in seen(ours).items():
        assert len(values) > 0, name
        assert p_value(values, others[name]) > LEAST_P, name


def test_the_comparison_notices_another_distribution() -> None:
    (wide,), (narrow,) = (
        by_ours(ShiftScaleRotate(p=1)),
        by_ours(ShiftScaleRotate(shift_limit=0.04, rotate_limit=13, p=1)),
    )
    assert p_value(wide.values["angle"], narrow.values["angle"]) < LEAST_P
    assert p_value(wide.values["dx"], narrow.values["dx"]) < LEAST_P
    assert p_value(wide.values["scale"], narrow.values["scale"]) > LEAST_P


@pytest.mark.parametrize("draw", [by_albumentations, by_ours])
def test_the_coin_of_one_transform_tells_nothing_of_anothers(draw: Callable[..., tuple[Draws, ...]]) -> None:
    coins = [draws.applied for draws in draw(HorizontalFlip(), Grayscale(p=0.5), CoarseDropout(), HorizontalFlip())]
    for number, coin in enumerate(coins):
        for other in coins[number + 1 :]:
            table = [[np.count_nonzero((coin == a) & (other == b)) for b in (False, True)] for a in (False, True)]
            assert stats.chi2_contingency(table).pvalue > LEAST_P


@pytest.mark.parametrize("draw", [by_albumentations, by_ours])
def test_the_values_of_one_image_are_independent(draw: Callable[..., tuple[Draws, ...]]) -> None:
    move, jitter, hide = draw(ShiftScaleRotate(shift_limit=0.5, p=1), ColorJitter(p=1), CoarseDropout(p=1))
    left, top = hide.values["holes"][:, 0, 0], hide.values["holes"][:, 0, 1]
    factors = {name: value for name, value in jitter.values.items() if name != "order"}
    values = [*move.values.values(), *factors.values(), left, top]
    for number, one in enumerate(values):
        for other in values[number + 1 :]:
            assert stats.spearmanr(one, other).pvalue > LEAST_P / 10


def test_the_images_of_a_batch_are_drawn_apart() -> None:
    (move,) = by_ours(ShiftScaleRotate(p=1))
    assert len(np.unique(move.values["angle"])) == COUNT
    assert abs(stats.spearmanr(move.values["angle"][:-1], move.values["angle"][1:]).statistic) < 0.1


def test_holes_lie_within_the_image_and_rows_of_zeros_stand_for_none() -> None:
    (hide,) = by_ours(CoarseDropout(holes=(1, 4), height=(1, 32), width=(30, 32), p=1))
    holes = hide.values["holes"]
    assert holes.shape == (COUNT, 4, 4)
    assert holes.min() >= 0
    assert holes.max() <= 32
    empty = (holes == 0).all(axis=2)
    assert np.array_equal(np.sort(empty, axis=1), empty)  # those that are drawn come first
    assert (holes[~empty][:, 2:] > holes[~empty][:, :2]).all()
