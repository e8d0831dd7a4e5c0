from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from cifar_core.data.augmentation import TrivialAugment
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from cifar_core.data.augmentation.trivial_ranges import trivial_ranges
from cifar_core.data.datasets import Images
from tests.data.augmentation.batched.helpers import PICTURES, apart, applied, drawn, noise, pictures, recorded

MOVES = ("shear_x", "shear_y", "translate_x", "translate_y", "rotate")
PILLOWS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "posterize": ImageOps.posterize,
    "solarize": ImageOps.solarize,
}


def carried_out(op: str, images: Images, amount: float, fill: tuple[int, int, int] = (0, 0, 0)) -> Images:
    count = len(images)
    number = np.full(count, TRIVIAL_OPS.index(op))
    draws = drawn("trivial_augment", op=number, amount=np.full(count, float(amount)))
    return applied(images, (draws,), TrivialAugment(fill=fill))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("strength", [0.2, 0.5, 1.0])
def test_every_operation_is_that_of_albumentations(name: str, strength: float) -> None:
    images, transform = pictures(name), TrivialAugment(strength=strength)
    expected, (draws,) = recorded(images, transform)
    between = apart(applied(images, (draws,), transform), expected)
    for number, op in enumerate(TRIVIAL_OPS):
        levels = between[draws.values["op"] == number]
        assert len(levels) > 5, op
        if op in MOVES:
            assert (levels <= 1).mean() >= 0.999, op
        else:
            assert levels.max() <= (2 if op in ("brightness", "contrast", "color", "sharpness") else 0), op


@pytest.mark.parametrize("op", PILLOWS)
@pytest.mark.parametrize("amount", [1, 3, 8])
def test_tables_are_those_of_pillow(op: str, amount: int) -> None:
    images = np.concatenate([noise(20), pictures("digits")[:20], noise(20) // 4 + 90])
    threshold = 30 * amount if op == "solarize" else amount
    for image, own in zip(images, carried_out(op, images, threshold), strict=True):
        assert np.array_equal(own, np.asarray(PILLOWS[op](Image.fromarray(image), threshold)))


def test_autocontrast_stretches_each_channel_over_all_levels() -> None:
    images = noise(10) // 4 + np.array([10, 60, 120], dtype=np.uint8)
    stretched = carried_out("autocontrast", images, 0)
    assert (stretched.min(axis=(1, 2)) == 0).all()
    assert (stretched.max(axis=(1, 2)) == 255).all()
    for image, own in zip(images, stretched, strict=True):
        assert apart(own, np.asarray(ImageOps.autocontrast(Image.fromarray(image)))).max() <= 1


def test_equalize_makes_all_levels_about_as_frequent() -> None:
    images = (np.sqrt(noise(10) / 255.0) * 120 + 60).astype(np.uint8)
    for channel in np.moveaxis(carried_out("equalize", images, 0), 3, 0):
        # The step between two levels is rounded down: what is over ends in the brightest.
        frequency, _ = np.histogram(channel[channel < 224], bins=7, range=(0, 224))
        assert frequency.max() < 1.2 * frequency.min()


@pytest.mark.parametrize("op", ["autocontrast", "equalize"])
def test_an_image_of_one_level_stays_as_it_is(op: str) -> None:
    for level in (0, 99, 255):
        plain = np.full((1, 32, 32, 3), level, dtype=np.uint8)
        assert np.array_equal(carried_out(op, plain, 0), plain)


@pytest.mark.parametrize(
    ("op", "amount"),
    [
        ("identity", 0),
        ("shear_x", 0),
        ("translate_y", 0),
        ("rotate", 0),
        ("brightness", 1),
        ("contrast", 1),
        ("color", 1),
        ("sharpness", 0),
        ("posterize", 8),
        ("solarize", 256),
    ],
)
def test_the_amount_that_does_nothing_does_nothing(op: str, amount: float) -> None:
    assert np.array_equal(carried_out(op, noise(3), amount), noise(3))


def test_translation_moves_right_and_down() -> None:
    images = noise(2)
    assert np.array_equal(carried_out("translate_x", images, 5)[:, :, 5:], images[:, :, :-5])
    assert np.array_equal(carried_out("translate_y", images, 5)[:, 5:], images[:, :-5])
    assert (carried_out("translate_x", images, -5, fill=(1, 2, 3))[:, :, -5:] == (1, 2, 3)).all()


def test_shear_slants_by_the_tangent_of_its_angle() -> None:
    images = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    images[:, :, 15:17] = 255
    columns = np.arange(32)[None, :] - 15.5
    slanted = carried_out("shear_x", images, 20)[0, ..., 0].astype(float)
    centres = (slanted * columns).sum(axis=1) / slanted.sum(axis=1)
    assert centres == pytest.approx(np.tan(np.radians(20)) * (np.arange(32) - 15.5), abs=0.1)


def test_sharpening_adds_what_a_pixel_has_more_than_its_neighbours() -> None:
    images = noise(2)
    wide = np.pad(images.astype(int), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    squares = sum(wide[:, row : row + 32, column : column + 32] for row in range(3) for column in range(3))
    whole = images + (9 * images.astype(int) - squares) * 0.5
    # Levels are cut off only in the end; with half of nine neighbours no rounding is in doubt but that of halves.
    assert apart(carried_out("sharpness", images, 0.5), np.clip(np.rint(whole), 0, 255).astype(np.uint8)).max() <= 1


def test_ranges_are_a_share_of_the_papers() -> None:
    full, half = (
        {op: each.limits for op, each in zip(TRIVIAL_OPS, trivial_ranges(strength), strict=True)}
        for strength in (1, 0.5)
    )
    assert full["rotate"] == (-135, 135)
    assert full["translate_x"] == (-32, 32)
    assert full["posterize"] == (2, 8)
    assert full["brightness"] == pytest.approx((0.01, 1.99))
    assert full["solarize"] == (0, 255)
    assert np.tan(np.radians(full["shear_x"])) == pytest.approx((-0.99, 0.99))
    assert half["rotate"] == (-67.5, 67.5)
    assert half["posterize"] == (5, 8)
    assert half["solarize"] == (127.5, 255)
