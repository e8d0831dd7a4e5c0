from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data.augmentation import CoarseDropout, HorizontalFlip, RandomCrop, ShiftScaleRotate
from cifar_core.data.augmentation.transforms import Border
from cifar_core.data.datasets import Images
from tests.data.augmentation.batched.helpers import BORDERS, PICTURES, applied, drawn, levels_apart, noise, pictures

FILL = (7, 90, 200)
NUMPY_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def moved(images: Images, border: Border = "constant", **values: float) -> Images:
    """All images moved alike."""
    amounts = {"dx": 0.0, "dy": 0.0, "scale": 1.0, "angle": 0.0, **values}
    draws = drawn("shift_scale_rotate", **{name: np.full(len(images), value) for name, value in amounts.items()})
    return applied(images, (draws,), ShiftScaleRotate(border=border, fill=FILL))


def padded(images: Images, pixels: int, border: Border) -> Images:
    """By NumPy, with the fill where the border is constant."""
    margins = ((0, 0), (pixels, pixels), (pixels, pixels))
    fills = [{"constant_values": level} if border == "constant" else {} for level in FILL]
    planes = [
        np.pad(images[..., channel], margins, mode=NUMPY_MODES[border], **fills[channel])  # type: ignore[call-overload]
        for channel in range(3)
    ]
    return np.stack(planes, axis=3)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("limits", [{}, {"shift_limit": 1, "scale_limit": 0.9, "rotate_limit": 180}])
def test_shifts_and_turns_are_within_a_level_of_albumentations(
    name: str, border: Border, limits: dict[str, float]
) -> None:
    transform = ShiftScaleRotate(border=border, p=1).changed(**limits)
    apart = levels_apart(pictures(name), transform)
    assert (apart <= 1).mean() >= 0.999
    assert apart.mean() < 0.001


@pytest.mark.parametrize("name", PICTURES)
def test_flip_is_that_of_albumentations(name: str) -> None:
    assert levels_apart(pictures(name), HorizontalFlip()).max() == 0


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("padding", [1, 4, 16])
def test_crop_is_that_of_albumentations(name: str, border: Border, padding: int) -> None:
    assert levels_apart(pictures(name), RandomCrop(border=border, padding=padding, p=0.8)).max() == 0


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("ranges", [{}, {"holes": (1, 16), "height": (1, 32), "width": (1, 32)}])
def test_dropout_is_that_of_albumentations(name: str, ranges: dict[str, tuple[int, int]]) -> None:
    assert levels_apart(pictures(name), CoarseDropout().changed(**ranges)).max() == 0


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(("dx", "dy"), [(3, 0), (0, -5), (-16, 16)])
def test_a_shift_by_whole_pixels_shows_the_border_beyond_the_image(border: Border, dx: int, dy: int) -> None:
    images = noise(4)
    wide = padded(images, 16, border)
    assert np.array_equal(moved(images, border, dx=dx, dy=dy), wide[:, 16 - dy : 48 - dy, 16 - dx : 48 - dx])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_positive_angle_turns_counter_clockwise(quarters: int) -> None:
    images = noise(4)
    assert np.array_equal(moved(images, angle=90 * quarters), np.rot90(images, quarters, axes=(1, 2)))


def test_a_scale_of_2_shows_the_middle_twice_as_large() -> None:
    images = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    images[:, 12:20, 12:20] = 255
    large = moved(images, scale=2.0)[0, ..., 0]
    assert (large[9:23, 9:23] == 255).all()
    assert large.sum() / 255 == pytest.approx(16 * 16, rel=0.01)


@pytest.mark.parametrize("border", BORDERS)
def test_a_crop_is_cut_out_of_the_padded_image(border: Border) -> None:
    images = noise(5)
    places = np.array([[0, 0], [8, 8], [4, 4], [1, 7], [6, 2]])
    draws = drawn("random_crop", left=places[:, 0], top=places[:, 1])
    cropped = applied(images, (draws,), RandomCrop(border=border, fill=FILL))
    wide = padded(images, 4, border)
    for image, source, (left, top) in zip(cropped, wide, places, strict=True):
        assert np.array_equal(image, source[top : top + 32, left : left + 32])


def test_holes_cover_what_was_drawn_and_nothing_else() -> None:
    images = noise(3)
    holes = np.array([[[0, 0, 32, 32], [0, 0, 0, 0]], [[3, 5, 4, 9], [0, 0, 0, 0]], [[0, 0, 8, 8], [4, 4, 20, 12]]])
    covered = applied(images, (drawn("coarse_dropout", holes=holes),), CoarseDropout(fill=FILL))
    expected = images.copy()
    expected[0] = FILL
    expected[1, 5:9, 3:4] = FILL
    expected[2, 0:8, 0:8] = FILL
    expected[2, 4:12, 4:20] = FILL
    assert np.array_equal(covered, expected)
