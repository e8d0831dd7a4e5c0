from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cifar_core.data.augmentation import (
    AugmentationSpec,
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
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.telling import UNCHANGED, brief, tell_draws
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from cifar_core.data.augmentation.units import Unit, written, written_range


def told(transform: Transform, applied: bool = True, **values: float | Sequence[object]) -> tuple[str, ...]:
    """What is told of one image for which these values were drawn."""
    arrays = {name: np.asarray([value]) for name, value in values.items()}
    return tell_draws(
        AugmentationSpec(transforms=(transform,)), [Draws(transform.type, np.array([applied]), arrays)], 0
    )


def moved(dx: int = 0, dy: int = 0, scale: float = 1.0, angle: float = 0.0) -> tuple[str, ...]:
    return told(ShiftScaleRotate(), dx=dx, dy=dy, scale=scale, angle=angle)


def test_what_did_not_happen_is_not_told() -> None:
    assert told(HorizontalFlip(), applied=False) == (UNCHANGED,)
    assert told(HorizontalFlip()) == ("flipped",)
    assert told(Grayscale()) == ("grey",)


def test_turns_and_moves_are_told_as_one_sees_them() -> None:
    assert moved(dx=2, dy=-1, scale=1.049, angle=7.2) == (
        "turned 7° left",
        "moved 2 px right, 1 px up",
        "zoomed in 5 %",
    )
    assert moved(dx=-3, dy=4, scale=0.92, angle=-12) == (
        "turned 12° right",
        "moved 3 px left, 4 px down",
        "zoomed out 8 %",
    )
    assert moved(dy=1) == ("moved 1 px down",)


def test_amounts_too_small_to_be_seen_are_left_out() -> None:
    assert moved(scale=1.004, angle=0.4) == (UNCHANGED,)
    assert told(ColorJitter(), brightness=0.999, contrast=1.0, saturation=1.001, hue=0.001) == (UNCHANGED,)
    assert told(GaussianBlur(), sigma=0.1, kernel_size=1) == (UNCHANGED,)


def test_a_crop_is_told_by_where_the_image_went() -> None:
    assert told(RandomCrop(padding=4), left=1, top=6) == ("moved 3 px right, 2 px up",)
    assert told(RandomCrop(padding=4), left=4, top=4) == (UNCHANGED,)


def test_colours_are_told_in_percent_and_degrees() -> None:
    phrases = told(ColorJitter(), brightness=0.87, contrast=1.13, saturation=2.0, hue=-0.05)
    assert phrases == ("brightness -13 %", "contrast +13 %", "saturation +100 %", "hue -18°")
    assert told(BrightnessContrast(), contrast=0.9, brightness=25.5) == ("contrast -10 %", "brightness +10 %")
    assert told(GaussianBlur(), sigma=0.83, kernel_size=5) == ("blurred 0.8 px",)


def test_holes_are_told_by_place_and_by_size_where_it_varies() -> None:
    one = [[4, 9, 20, 25], [0, 0, 0, 0]]
    assert told(CoarseDropout(), holes=one) == ("hole at x 4, y 9",)
    assert told(CoarseDropout(height=(2, 16)), holes=one) == ("hole 16 x 16 at x 4, y 9",)
    assert told(CoarseDropout(), holes=[[4, 9, 20, 25], [0, 1, 16, 17]]) == ("hole at x 4, y 9", "hole at x 0, y 1")
    assert told(CoarseDropout(), holes=[[4, 9, 20, 25]] * 3) == ("3 holes",)


@pytest.mark.parametrize(
    ("op", "amount", "phrase"),
    [
        ("identity", 0, UNCHANGED),
        ("shear_x", 12.6, "sheared sideways +13°"),
        ("shear_y", -4, "sheared up or down -4°"),
        ("translate_x", -5, "moved 5 px left"),
        ("translate_y", 5, "moved 5 px down"),
        ("rotate", 30, "turned 30° left"),
        ("brightness", 0.5, "brightness -50 %"),
        ("contrast", 1.5, "contrast +50 %"),
        ("color", 1.1, "colour +10 %"),
        ("sharpness", 0.4, "sharpened 40 %"),
        ("sharpness", 0.001, UNCHANGED),
        ("posterize", 3, "posterized to 3 bits"),
        ("solarize", 128, "solarized from 128 levels"),
        ("autocontrast", 0, "contrast stretched"),
        ("equalize", 0, "levels equalized"),
    ],
)
def test_a_random_choice_is_told_by_its_operation(op: str, amount: float, phrase: str) -> None:
    assert told(TrivialAugment(), op=TRIVIAL_OPS.index(op), amount=amount) == (phrase,)


def test_transforms_are_told_in_their_order() -> None:
    flip, grey = (Draws(kind, np.array([True]), {}) for kind in ("horizontal_flip", "grayscale"))
    spec = AugmentationSpec(transforms=(Grayscale(), HorizontalFlip()))
    assert tell_draws(spec, [grey, flip], 0) == ("grey", "flipped")


def test_whatever_albumentations_draws_can_be_told_and_unchanged_images_are_unchanged() -> None:
    images = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), dtype=np.uint8)
    for info in TRANSFORMS.values():
        spec = AugmentationSpec(transforms=(info.make(),))
        recorded = AlbumentationsPipeline(spec, (0.5, 0.5, 0.5)).record(images, range(200))
        for place, (image, before) in enumerate(zip(recorded.images, images, strict=True)):
            phrases = tell_draws(spec, recorded.draws, place)
            if (image == before).all() and info.make().type != "trivial_augment":
                assert phrases == (UNCHANGED,)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-0.3, "degrees", "0°"),
        (0.83, "px", "0.8 px"),
        (16.0, "px", "16 px"),
        (1.2, "factor", "20 %"),
        (0.0, "factor", "-100 %"),
        (-0.2, "share", "-20 %"),
        (5.0, "bits", "5 bits"),
        (127.5, "levels", "128 levels"),
        (3.0, "number", "3"),
    ],
)
def test_units_are_written_as_a_person_reads_them(value: float, unit: Unit, text: str) -> None:
    assert written(value, unit) == text


def test_a_range_of_one_value_is_that_value() -> None:
    assert written_range((16, 16), "px") == "16 px"
    assert written_range((-15, 15), "degrees") == "-15° to 15°"


@pytest.mark.parametrize(
    ("phrase", "short"),
    [
        ("turned 7° left", "7° left"),
        ("moved 2 px right, 1 px up", "→2 ↑1"),
        ("zoomed out 4 %", "zoom -4 %"),
        ("hole 3 x 5 at x 9, y 10", "hole 3x5 x9 y10"),
        ("hole at x 9, y 10", "hole x9 y10"),
        ("contrast -5 %", "contr. -5 %"),
        ("brightness +12 %", "bright +12 %"),
        ("flipped", "flipped"),
    ],
)
def test_a_small_image_is_told_of_in_few_letters(phrase: str, short: str) -> None:
    assert brief(phrase) == short.replace(" ", "\u00a0"), "no line ends inside it"
