"""What the batched engine draws: for all images at once, from the distributions that albumentations draws from."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.transforms import (
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
from cifar_core.data.augmentation.trivial_ranges import trivial_ranges
from cifar_core.data.datasets import IMAGE_SIZE

Values = dict[str, NDArray[np.generic]]


def draw(transform: Transform, count: int, generator: Generator) -> Draws:
    """A transform's draws for `count` images; amounts are drawn for those too to which it does not happen."""
    applied = generator.random(count) < transform.p
    return Draws(transform.type, applied, _values(transform, count, generator))


def _values(transform: Transform, count: int, generator: Generator) -> Values:
    match transform:
        case HorizontalFlip() | Grayscale():
            return {}
        case ShiftScaleRotate():
            pixels = round(transform.shift_limit * IMAGE_SIZE)
            return {
                "dx": generator.integers(-pixels, pixels, count, endpoint=True),
                "dy": generator.integers(-pixels, pixels, count, endpoint=True),
                "scale": _around(1.0, transform.scale_limit, count, generator),
                "angle": _around(0.0, transform.rotate_limit, count, generator),
            }
        case RandomCrop(padding=padding):
            # albumentations rounds down what it draws from 0 up to, but not including, one more than the margin.
            return {name: generator.integers(0, 2 * padding, count, endpoint=True) for name in ("left", "top")}
        case ColorJitter():
            limits = {name: getattr(transform, name) for name in ("brightness", "contrast", "saturation")}
            return {
                **{name: _around(1.0, limit, count, generator) for name, limit in limits.items()},
                "hue": _around(0.0, transform.hue, count, generator),
                "order": generator.permuted(np.tile(np.arange(4), (count, 1)), axis=1),
            }
        case BrightnessContrast(brightness=brightness, contrast=contrast):
            return {
                "contrast": _around(1.0, contrast, count, generator),
                "brightness": 255 * _around(0.0, brightness, count, generator),
            }
        case GaussianBlur(sigma=(least, largest)):
            sigma = generator.uniform(least, largest, count)
            # Wide enough for three and a half deviations on each side, as albumentations chooses it.
            return {"sigma": sigma, "kernel_size": (sigma * 3.5).astype(np.int64) * 2 + 1}
        case CoarseDropout():
            return {"holes": _holes(transform, count, generator)}
        case TrivialAugment(strength=strength):
            return _trivial(strength, count, generator)


def _around(middle: float, limit: float, count: int, generator: Generator) -> NDArray[np.float64]:
    return generator.uniform(middle - limit, middle + limit, count)


def _holes(transform: CoarseDropout, count: int, generator: Generator) -> NDArray[np.int64]:
    most = transform.holes[1]
    numbers = generator.integers(*transform.holes, count, endpoint=True)
    height = generator.integers(*transform.height, (count, most), endpoint=True)
    width = generator.integers(*transform.width, (count, most), endpoint=True)
    top = generator.integers(0, IMAGE_SIZE - height, endpoint=True)
    left = generator.integers(0, IMAGE_SIZE - width, endpoint=True)
    holes = np.stack([left, top, left + width, top + height], axis=2)
    holes[np.arange(most) >= numbers[:, None]] = 0
    return holes


def _trivial(strength: float, count: int, generator: Generator) -> Values:
    ranges = trivial_ranges(strength)
    op = generator.integers(0, len(ranges), count)
    low, high = np.array([each.limits for each in ranges])[op].T
    amount = generator.uniform(low, high)
    # A whole amount has as much chance at the ends of its range as between them.
    whole = np.array([each.whole for each in ranges])[op]
    steps = np.floor(low + generator.random(count) * (high - low + 1))
    return {"op": op, "amount": np.where(whole, steps, amount)}
