from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data.augmentation import (
    AugmentationSpec,
    CoarseDropout,
    ColorJitter,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.amounts import (
    BARS,
    Amount,
    Drawn,
    Report,
    amounts_asked,
    amounts_got,
    report_draws,
)
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS

MEAN = (0.5, 0.5, 0.5)
COUNT = 300
EVERY = tuple(info.make() for info in TRANSFORMS.values())
RANGED = CoarseDropout(holes=(1, 3), height=(2, 9), width=(4, 8))


def report(transform: Transform, count: int = COUNT) -> Report:
    """Of what albumentations drew."""
    images = np.zeros((count, 32, 32, 3), dtype=np.uint8)
    spec = AugmentationSpec(transforms=(transform,))
    (told,) = report_draws(spec, AlbumentationsPipeline(spec, MEAN).record(images, range(count)).draws)
    return told


@pytest.mark.parametrize("transform", [*EVERY, RANGED, ShiftScaleRotate(shift_limit=0.5, rotate_limit=90)], ids=repr)
def test_what_was_got_lies_in_what_was_asked_for(transform: Transform) -> None:
    told = report(transform)
    assert told.title == TRANSFORMS[transform.type].title
    assert (told.asked_p, told.of) == (transform.p, COUNT)
    assert abs(told.got_p - transform.p) < 0.12
    for drawn in told.drawn:
        low, high = drawn.amount.asked
        # A turn or a blur is read back from a matrix or a kernel.
        assert (drawn.got >= low - 0.02).all(), drawn.amount
        assert (drawn.got <= high + 0.02).all(), drawn.amount
        assert sum(drawn.histogram()) == (len(drawn.got) if low < high else 0), "what is always the same has none"
        assert len(drawn.got) >= min(told.happened, 1)


@pytest.mark.parametrize("transform", [*EVERY, RANGED], ids=lambda transform: transform.type)
def test_both_ends_of_a_range_are_nearly_reached(transform: Transform) -> None:
    draws = BatchedPipeline(AugmentationSpec(transforms=(transform.changed(p=1.0),)), MEAN).draw(20_000, seed=0)[0]
    got = amounts_got(transform, draws)
    for name, amount in amounts_asked(transform).items():
        low, high = amount.asked
        slack = 0 if amount.whole else 0.02 * (high - low)
        assert got[name].min() == pytest.approx(low, abs=slack), name
        assert got[name].max() == pytest.approx(high, abs=slack), name


def test_one_hole_of_the_assignment_is_one_hole() -> None:
    drawn = {each.amount.title: each for each in report(CoarseDropout(p=1.0)).drawn}
    assert set(drawn["Holes"].got) == {1}
    assert drawn["Holes"].histogram() == []
    assert set(drawn["Height of a hole"].got) == set(drawn["Width of a hole"].got) == {16}
    assert drawn["Left edge of a hole"].amount.asked == (0, 16)


def test_of_several_holes_each_one_counts() -> None:
    holes = np.array([[[0, 0, 4, 9], [3, 5, 8, 7]], [[1, 2, 9, 4], [0, 0, 0, 0]]])
    got = amounts_got(RANGED, Draws("coarse_dropout", np.array([True, True]), {"holes": holes}))
    assert got["holes"].tolist() == [2, 1]
    assert got["height"].tolist() == [9, 2, 2]
    assert got["width"].tolist() == [4, 5, 8]
    assert (got["left"].tolist(), got["top"].tolist()) == ([0, 3, 1], [0, 5, 2])


def test_a_crop_further_right_shows_the_image_further_left() -> None:
    draws = Draws("random_crop", np.array([True]), {"left": np.array([0]), "top": np.array([7])})
    got = amounts_got(RandomCrop(padding=4), draws)
    assert (got["dx"].tolist(), got["dy"].tolist()) == ([4], [-3])


def test_amounts_are_in_the_units_of_the_page() -> None:
    hue = amounts_asked(ColorJitter(hue=0.05))["hue"]
    assert (hue.unit, hue.asked) == ("degrees", (-18, 18))
    shift = amounts_asked(ShiftScaleRotate(shift_limit=0.0625))["dx"]
    assert (shift.unit, shift.asked, shift.whole) == ("px", (-2, 2), True)


def test_operations_that_nobody_drew_are_not_told() -> None:
    told = report(TrivialAugment(), count=3)
    assert len(told.drawn) <= 4
    assert len(report(TrivialAugment()).drawn) == 12


def test_what_never_happened_has_no_amounts() -> None:
    told = report(ShiftScaleRotate(p=0.0), count=5)
    assert (told.happened, told.got_p) == (0, 0)
    assert all(len(drawn.got) == 0 and not sum(drawn.histogram()) for drawn in told.drawn)
    assert Report("none", 0.5, 0, 0).got_p == 0


def test_a_histogram_has_a_bar_for_each_whole_number_or_equal_parts() -> None:
    whole = Drawn(Amount("a", "px", (-2, 2), whole=True), np.array([-2.0, -2.0, 0.0, 2.0]))
    assert whole.histogram() == [2, 0, 1, 0, 1]
    even = Drawn(Amount("a", "degrees", (-8, 8)), np.array([-8.0, 7.9, 8.0]))
    assert even.histogram() == [1, *[0] * (BARS - 2), 2]


def test_the_operations_of_a_random_choice_have_names() -> None:
    operation = amounts_asked(TrivialAugment())["op"]
    assert len(operation.names) == len(TRIVIAL_OPS) == 14
    assert operation.names[TRIVIAL_OPS.index("color")] == "Colour"
    assert operation.names[TRIVIAL_OPS.index("shear_x")] == "Shear x"
