"""One amount of one transform swept over a range, everything else kept still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cifar_core.data.augmentation.amounts import Amount, amounts_asked
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import (
    TRIVIAL_OPS,
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.datasets import IMAGE_SIZE, Images

Values = dict[str, NDArray[np.generic]]
_HALF = IMAGE_SIZE // 2
_SHOWN: dict[tuple[str, str], tuple[float, float]] = {
    ("shift_scale_rotate", "angle"): (-30, 30),
    ("shift_scale_rotate", "scale"): (0.5, 1.5),
    ("shift_scale_rotate", "dx"): (-8, 8),
    ("shift_scale_rotate", "dy"): (-8, 8),
    ("color_jitter", "brightness"): (0.25, 1.75),
    ("color_jitter", "contrast"): (0.25, 1.75),
    ("color_jitter", "saturation"): (0, 2),
    ("color_jitter", "hue"): (-180, 180),
    ("brightness_contrast", "brightness"): (-0.5, 0.5),
    ("brightness_contrast", "contrast"): (0.25, 1.75),
    ("gaussian_blur", "sigma"): (0.1, 3),
    ("coarse_dropout", "holes"): (1, 8),
    ("coarse_dropout", "height"): (1, 32),
    ("coarse_dropout", "width"): (1, 32),
}
"""Ranges worth seeing, in the amount's unit."""


def sweepable(transform: Transform) -> dict[str, Amount]:
    """The amounts that can be swept, by name; none for a transform that only happens or not."""
    return {name: amount for name, amount in amounts_asked(transform).items() if name != "op"}


def sweep_values(transform: Transform, name: str, steps: int) -> list[float]:
    """Evenly spaced values over a range worth seeing, widened to what the transform asks for; the ends are among them.

    Args:
        transform: which.
        name: of one of its `sweepable` amounts.
        steps: 2 or more; of a whole amount there may be fewer values, or one more.
    """
    amount = sweepable(transform)[name]
    shown = _SHOWN.get((transform.type, name), amount.asked)
    low, high = min(shown[0], amount.asked[0]), max(shown[1], amount.asked[1])
    if not amount.whole:
        return [float(value) for value in np.linspace(low, high, steps)]
    span = round(high - low)
    step = max(-(-span // (steps - 1)), 1)
    # A step that divides the span, where one is near, meets the middle, which changes nothing, and the end.
    step = next((each for each in range(step, 2 * step) if span % each == 0), step)
    return sorted({*np.arange(low, high, step, dtype=np.float64).tolist(), float(high)})


def sweep(image: Images, transform: Transform, name: str, values: Sequence[float], mean: Sequence[float]) -> Images:
    """The image under each value of one amount; what else the transform draws stays where it changes nothing.

    The batched engine carries it out, because it takes any draws.

    Args:
        image: uint8 [32, 32, 3].
        transform: which; of its settings, border, fill and the hole's other side count.
        name: of one of its `sweepable` amounts.
        values: V of them, in the amount's unit.
        mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.

    Returns:
        uint8 [V, 32, 32, 3].
    """
    drawn = _draws(transform, name, np.array(values, dtype=np.float64))
    draws = Draws(transform.type, np.ones(len(values), dtype=np.bool_), drawn)
    pipeline = BatchedPipeline(AugmentationSpec(transforms=(transform,)), mean)
    swept: Images = pipeline.apply(torch.from_numpy(image).repeat(len(values), 1, 1, 1), [draws]).numpy()
    return swept


def _draws(transform: Transform, name: str, values: NDArray[np.float64]) -> Values:
    count = len(values)
    zeros, ones = np.zeros(count), np.ones(count)
    match transform:
        case ShiftScaleRotate():
            return {"dx": zeros, "dy": zeros, "scale": ones, "angle": zeros, name: values}
        case RandomCrop(padding=padding):
            middle = np.full(count, padding)
            cut = {"dx": "left", "dy": "top"}[name]
            return {"left": middle, "top": middle, cut: (padding - values).astype(np.int64)}
        case ColorJitter():
            still = {"brightness": ones, "contrast": ones, "saturation": ones, "hue": zeros}
            order = np.tile(np.arange(4), (count, 1))
            return {**still, "order": order, name: values / 360 if name == "hue" else values}
        case BrightnessContrast():
            return {"contrast": ones, "brightness": zeros, name: 255 * values if name == "brightness" else values}
        case GaussianBlur():
            return {"sigma": values, "kernel_size": (values * 3.5).astype(np.int64) * 2 + 1}
        case CoarseDropout():
            return {"holes": np.stack([_holes(transform, name, round(value)) for value in values])}
        case TrivialAugment():
            return {"op": np.full(count, TRIVIAL_OPS.index(name)), "amount": values}
    raise ValueError(f"{transform.type} has no amount {name!r}")


def _holes(transform: CoarseDropout, name: str, value: int) -> NDArray[np.int64]:
    """Holes of the largest size asked for, in the middle; several lie anywhere, and one more leaves the others.

    A hole that moves has the smallest size: it alone comes to every place that is asked for.
    """
    size = 0 if name in ("left", "top") else 1
    height, width = transform.height[size], transform.width[size]
    if name == "holes":
        generator = np.random.default_rng(0)
        most = max(transform.holes[1], round(_SHOWN["coarse_dropout", "holes"][1]))
        lefts = generator.integers(0, IMAGE_SIZE - width, most, endpoint=True)
        tops = generator.integers(0, IMAGE_SIZE - height, most, endpoint=True)
        holes = np.stack([lefts, tops, lefts + width, tops + height], axis=1)
        holes[value:] = 0
        return holes
    sides: dict[str, Any] = {"height": height, "width": width}
    if name in sides:
        sides[name] = value
    left, top = _HALF - sides["width"] // 2, _HALF - sides["height"] // 2
    if name == "left":
        left = value
    if name == "top":
        top = value
    return np.array([[left, top, left + sides["width"], top + sides["height"]]])
