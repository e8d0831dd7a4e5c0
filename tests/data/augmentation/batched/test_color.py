from __future__ import annotations

import numpy as np
import pytest
import torch

from cifar_core.data.augmentation import BrightnessContrast, ColorJitter, Grayscale, Transform
from cifar_core.data.augmentation.batched.color import adjust_hue, adjust_saturation, as_images, as_planes, grayscale
from cifar_core.data.datasets import Images
from tests.data.augmentation.batched.helpers import PICTURES, applied, drawn, levels_apart, noise, pictures

STILL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


def all_colors() -> Images:
    """Every color that three bytes can tell, once: [16, 1024, 1024, 3]."""
    numbers = np.arange(1 << 24, dtype="<u4").reshape(16, 1024, 1024)
    return np.stack([(numbers >> shift & 255).astype(np.uint8) for shift in (0, 8, 16)], axis=3)


def jittered(images: Images, order: tuple[int, ...] = (0, 1, 2, 3), **factors: float) -> Images:
    """All images alike."""
    count = len(images)
    values = {name: np.full(count, value) for name, value in {**STILL, **factors}.items()}
    return applied(images, (drawn("color_jitter", **values, order=np.tile(order, (count, 1))),), ColorJitter())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(
    "transform",
    [
        ColorJitter(p=1),
        ColorJitter(brightness=1, contrast=1, saturation=1, hue=0.5),
        BrightnessContrast(p=1),
        BrightnessContrast(brightness=1, contrast=1),
        Grayscale(p=0.5),
    ],
    ids=lambda transform: f"{transform.type}-{getattr(transform, 'brightness', '')}",
)
def test_colors_are_within_two_levels_of_albumentations(name: str, transform: Transform) -> None:
    assert levels_apart(pictures(name), transform).max() <= 2


def test_every_color_has_the_gray_of_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    for image in all_colors():
        expected = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        gray = grayscale(torch.from_numpy(image[None])).numpy()[0]
        assert all(np.array_equal(gray[..., channel], expected) for channel in range(3))


@pytest.mark.parametrize("steps", [1, 77])
def test_every_color_turns_its_hue_as_in_opencv(steps: int) -> None:
    cv2 = pytest.importorskip("cv2")
    for image in all_colors():
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + steps) % 180
        expected = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        planes = as_planes(torch.from_numpy(image[None]))
        assert np.array_equal(as_images(adjust_hue(planes, np.array([(steps + 0.5) / 180])))[0].numpy(), expected)


def test_saturation_rounds_once_as_opencv_does() -> None:
    # Rounding twice misses one pixel of a million, and what follows makes up to three levels of it.
    cv2 = pytest.importorskip("cv2")
    images, factors = noise(1_500, seed=5), np.random.default_rng(6).uniform(0, 2, 1_500)
    saturated = as_images(adjust_saturation(as_planes(torch.from_numpy(images)), factors)).numpy()
    for image, factor, own in zip(images, factors, saturated, strict=True):
        gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        assert np.array_equal(own, cv2.addWeighted(image, factor, gray, 1 - factor, 0))


def test_brightness_multiplies_and_cuts_off() -> None:
    images = noise(2)
    expected = np.minimum(images * 1.5, 255).astype(np.uint8)
    assert np.array_equal(jittered(images, brightness=1.5), expected)
    assert (jittered(images, brightness=0.0) == 0).all()


def test_without_contrast_only_the_mean_gray_is_left() -> None:
    gray = jittered(noise(3), contrast=0.0)
    expected = (noise(3) @ np.array([0.299, 0.587, 0.114])).mean(axis=(1, 2))
    assert all(len(np.unique(image)) == 1 for image in gray)
    assert gray[:, 0, 0, 0] == pytest.approx(expected, abs=1)


def test_without_saturation_the_image_is_gray() -> None:
    assert np.array_equal(jittered(noise(3), saturation=0.0), grayscale(torch.from_numpy(noise(3))).numpy())


@pytest.mark.parametrize(("turn", "color"), [(1 / 3, (0, 255, 0)), (-1 / 3, (0, 0, 255)), (0.5, (0, 255, 255))])
def test_hue_turns_red_to_green_and_on_to_blue(turn: float, color: tuple[int, int, int]) -> None:
    red = np.full((1, 32, 32, 3), (255, 0, 0), dtype=np.uint8)
    assert (np.abs(jittered(red, hue=turn).astype(int) - color) <= 8).all()


def test_factors_of_1_and_a_turn_of_0_change_nothing() -> None:
    assert np.array_equal(jittered(noise(4)), noise(4))


def test_the_four_changes_happen_in_their_order() -> None:
    light = np.full((1, 32, 32, 3), 200, dtype=np.uint8)
    light[:, :16] = 40
    first = jittered(light, order=(0, 1, 2, 3), brightness=2.0, contrast=0.5)
    last = jittered(light, order=(1, 0, 2, 3), brightness=2.0, contrast=0.5)
    assert not np.array_equal(first, last)
    assert last.max() == 255  # Contrast brought 200 near the mean, and brightness beyond the top.
    assert first.max() < 255


def test_contrast_and_brightness_are_a_factor_and_added_levels() -> None:
    values = drawn("brightness_contrast", contrast=np.array([0.5, 2.0]), brightness=np.array([30.0, -100.0]))
    images = np.full((2, 32, 32, 3), 100, dtype=np.uint8)
    assert applied(images, (values,), BrightnessContrast())[:, 0, 0, 0].tolist() == [80, 100]
