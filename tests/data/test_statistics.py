from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data import ImageDataset, LabelledImages
from cifar_core.data.statistics import COPIED_STD, image_mean, image_statistics
from cifar_core.errors import DataError

NUMPY = 1e-9
"""NumPy adds a million floats one after the other, ours are whole numbers: so far it may be off."""


def rounded(figures: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(figure, 4) for figure in figures)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_figures_of_the_digits_are_those_of_numpy_in_float64(digits: ImageDataset, split: str) -> None:
    labelled: LabelledImages = getattr(digits, split)
    pixels = labelled.images.astype(np.float64) / 255
    found = image_statistics(labelled, 10)
    assert found.mean == pytest.approx(pixels.mean(axis=(0, 1, 2)), rel=NUMPY)
    assert found.std == pytest.approx(pixels.std(axis=(0, 1, 2)), rel=NUMPY)
    assert found.image_std == pytest.approx(pixels.std(axis=(1, 2), ddof=1).mean(axis=0), rel=NUMPY)
    assert found.class_counts == tuple(int((labelled.targets == number).sum()) for number in range(10))


def test_channels_are_kept_apart_where_the_images_fill_no_whole_chunk() -> None:
    images = np.random.default_rng(0).integers(0, [60, 160, 256], (613, 32, 32, 3)).astype(np.uint8)
    found = image_statistics(LabelledImages(images, np.zeros(613, dtype=np.int64)), 2)
    pixels = images.astype(np.float64) / 255
    assert found.mean == pytest.approx(pixels.mean(axis=(0, 1, 2)), rel=NUMPY)
    assert found.std == pytest.approx(pixels.std(axis=(0, 1, 2)), rel=NUMPY)
    assert found.image_std == pytest.approx(pixels.std(axis=(1, 2), ddof=1).mean(axis=0), rel=NUMPY)
    assert found.class_counts == (613, 0)


@pytest.mark.parametrize("level", [0, 201, 255])
def test_plain_images_deviate_by_exactly_nothing(level: int) -> None:
    images = np.full((300, 32, 32, 3), level, dtype=np.uint8)
    found = image_statistics(LabelledImages(images, np.zeros(300, dtype=np.int64)), 1)
    assert found.std == found.image_std == (0.0, 0.0, 0.0)
    assert found.mean == (level / 255,) * 3


def test_images_that_differ_in_brightness_alone_deviate_only_from_each_other() -> None:
    images = np.repeat(np.array([0, 255], dtype=np.uint8), 32 * 32 * 3).reshape(2, 32, 32, 3)
    found = image_statistics(LabelledImages(images, np.arange(2)), 2)
    assert found.std == (0.5, 0.5, 0.5)
    assert found.image_std == (0.0, 0.0, 0.0)


def test_of_no_images_there_is_no_mean(digits: ImageDataset) -> None:
    with pytest.raises(DataError, match=r"^There are no images, and so no mean of them\.$"):
        image_statistics(digits.train.take(slice(0)), 10)


def test_the_mean_of_one_image_is_that_of_its_pixels(digits: ImageDataset) -> None:
    image = digits.test.images[5]
    assert image_mean(image) == pytest.approx(image.reshape(-1, 3).mean(axis=0) / 255)


@pytest.mark.cifar10
def test_cifar10_has_the_published_figures_and_the_copied_ones_are_its_images_own_deviations(
    cifar10: ImageDataset,
) -> None:
    found = image_statistics(cifar10.train, 10)
    assert (rounded(found.mean), rounded(found.std)) == (cifar10.mean, cifar10.std)
    assert rounded(found.image_std) == COPIED_STD
    assert found.class_counts == (5_000,) * 10
    part = cifar10.train.take(slice(0, 2_000))
    pixels = part.images.astype(np.float64) / 255
    assert image_statistics(part, 10).image_std == pytest.approx(
        pixels.std(axis=(1, 2), ddof=1).mean(axis=0), rel=NUMPY
    )
