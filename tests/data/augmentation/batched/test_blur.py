from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data.augmentation import GaussianBlur
from cifar_core.data.datasets import Images
from tests.data.augmentation.batched.helpers import PICTURES, applied, drawn, levels_apart, noise, pictures


def blurred(images: Images, sigma: list[float], kernel_size: list[int]) -> Images:
    return applied(images, (drawn("gaussian_blur", sigma=sigma, kernel_size=kernel_size),), GaussianBlur())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("sigma", [(0.3, 1.0), (0.1, 4.0), (2.0, 2.0)])
def test_blur_is_within_a_level_of_albumentations(name: str, sigma: tuple[float, float]) -> None:
    apart = levels_apart(pictures(name), GaussianBlur(sigma=sigma, p=0.9))
    assert apart.max() <= 1
    assert apart.mean() < 0.001


def test_a_point_becomes_the_bell_of_its_own_image() -> None:
    images = np.zeros((2, 32, 32, 3), dtype=np.uint8)
    images[:, 16, 16] = 255
    sigma, reach = [0.8, 2.0], [2, 7]
    spread = blurred(images, sigma, [2 * r + 1 for r in reach])
    for image, deviation, r in zip(spread, sigma, reach, strict=True):
        bell = np.exp(-0.5 * (np.arange(-r, r + 1) / deviation) ** 2)
        expected = np.zeros((32, 32))
        expected[16 - r : 17 + r, 16 - r : 17 + r] = 255 * np.outer(bell, bell) / bell.sum() ** 2
        assert np.abs(image - expected[..., None]).max() <= 0.51


def test_beyond_the_border_the_image_is_mirrored_about_its_outermost_pixels() -> None:
    images = noise(2)
    wide = np.pad(images, ((0, 0), (6, 6), (6, 6), (0, 0)), mode="reflect")
    # Of an image with a margin of what is seen beyond, the middle has no border.
    size = len(wide[0])
    assert np.array_equal(
        blurred(images, [1.5] * 2, [11] * 2), blurred(wide, [1.5] * 2, [11] * 2)[:, 6 : size - 6, 6:-6]
    )


def test_a_plain_image_and_a_kernel_of_one_pixel_change_nothing() -> None:
    plain = np.full((1, 32, 32, 3), 201, dtype=np.uint8)
    assert np.array_equal(blurred(plain, [4.0], [29]), plain)
    assert np.array_equal(blurred(noise(2), [0.0, 0.1], [1, 1]), noise(2))
