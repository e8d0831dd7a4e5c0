"""What a set of images is like on the whole: how many of each class, mean and standard deviation by channel."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.datasets import Images, LabelledImages
from cifar_core.errors import DataError

COPIED_STD = (0.2023, 0.1994, 0.2010)
"""What many programs divide CIFAR-10 by: the `image_std` of its training images, not their `std`."""
_CHUNK = 250
"""Images at a time: a channel of them takes 1 MB as 32-bit numbers."""
_LEVELS = 255

ByChannel = tuple[float, float, float]
_Sums = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """Of one set of images; each figure by channel (red, green, blue), in 0..1."""

    class_counts: tuple[int, ...]
    """Images of each class."""
    mean: ByChannel
    """Of all pixels."""
    std: ByChannel
    """Of all pixels, about that mean; divisor: their number."""
    image_std: ByChannel
    """The mean, over the images, of the standard deviation of one image's pixels about its own mean; divisor: their
    number less one. Its square leaves out how much the images' means differ, so that it lies below `std`."""


def image_statistics(labelled: LabelledImages, num_classes: int) -> ImageStatistics:
    """Counts classes, and takes mean and deviation from exact sums of the levels 0..255.

    Raises:
        DataError: there is no image.
    """
    if not len(labelled):
        raise DataError("There are no images, and so no mean of them.")
    sums, squares = _sums(labelled.images)
    pixels = labelled.images.shape[1] * labelled.images.shape[2]
    mean, std = _over_all(sums, squares, pixels)
    # Exact up to here: 1,024 pixels of 255 give no more than 7e10.
    within = np.sqrt((pixels * squares - sums**2) / (pixels * (pixels - 1)))
    counts = np.bincount(labelled.targets, minlength=num_classes)
    return ImageStatistics(tuple(counts.tolist()), mean, std, image_std=_in_share(within.mean(axis=0).tolist()))


def image_mean(image: Images) -> ByChannel:
    """The mean of one image's pixels, uint8 [H, W, 3], by channel, in 0..1."""
    return _in_share(image.mean(axis=(0, 1), dtype=np.float64).tolist())


def _sums(images: Images) -> tuple[_Sums, _Sums]:
    """Sums of levels and of their squares, each int64 [N, 3], by image and channel."""
    flat = images.reshape(len(images), -1, images.shape[-1])
    sums, squares = (np.empty((len(images), images.shape[-1]), dtype=np.int64) for _ in range(2))
    for start in range(0, len(images), _CHUNK):
        rows = slice(start, start + _CHUNK)
        for channel in range(images.shape[-1]):
            levels = flat[rows, :, channel].astype(np.uint32)
            sums[rows, channel] = levels.sum(axis=1)
            squares[rows, channel] = np.einsum("ij,ij->i", levels, levels)
    return sums, squares


def _over_all(sums: _Sums, squares: _Sums, pixels: int) -> tuple[ByChannel, ByChannel]:
    """Mean and standard deviation of all pixels, from whole numbers: a difference of large sums loses no digit."""
    total = len(sums) * pixels
    means = [Fraction(value, total) for value in sums.sum(axis=0).tolist()]
    variances = [
        Fraction(value, total) - mean**2 for value, mean in zip(squares.sum(axis=0).tolist(), means, strict=True)
    ]
    return _in_share([float(mean) for mean in means]), _in_share([float(variance) ** 0.5 for variance in variances])


def _in_share(levels: list[float]) -> ByChannel:
    red, green, blue = (level / _LEVELS for level in levels)
    return red, green, blue
