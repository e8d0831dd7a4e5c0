"""Asked for against got: the ranges that a spec draws from, and what the samples really drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.augmentation.catalogue import titles
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import (
    TRIVIAL_OPS,
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
from cifar_core.data.augmentation.units import Unit
from cifar_core.data.datasets import IMAGE_SIZE

BARS = 16
"""Of the histogram of an amount that is no whole number."""
TRIVIAL_UNITS: dict[str, Unit] = {
    "shear_x": "degrees",
    "shear_y": "degrees",
    "translate_x": "px",
    "translate_y": "px",
    "rotate": "degrees",
    "brightness": "factor",
    "contrast": "factor",
    "color": "factor",
    "sharpness": "share",
    "posterize": "bits",
    "solarize": "levels",
}
"""Of those of `TRIVIAL_OPS` that have an amount."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One thing that a transform draws."""

    title: str
    unit: Unit
    asked: tuple[float, float]
    """Least and largest that can be drawn, in the unit."""
    whole: bool = False
    """Whether only whole numbers are drawn."""
    names: tuple[str, ...] = ()
    """What each number stands for, from 0, where it is no amount but one of a choice."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An amount, and what was drawn of it."""

    amount: Amount
    got: NDArray[np.float64]
    """One value for each time that it was drawn, in the amount's unit; may be empty."""

    def histogram(self) -> list[int]:
        """How often each part of the range asked for was drawn: one bar a whole number, or `BARS` equal parts.

        Nothing for what is always the same.
        """
        low, high = self.amount.asked
        if low == high:
            return []
        edges = np.arange(low - 0.5, high + 1) if self.amount.whole else np.linspace(low, high, BARS + 1)
        # What was read back from a matrix or a kernel may lie a rounding error outside.
        counted, _ = np.histogram(self.got.clip(low, high), edges)
        return [int(number) for number in counted]


@dataclass(frozen=True, slots=True)
class Report:
    """One transform or mixer: how often it was to happen and did, and its amounts."""

    title: str
    asked_p: float
    """In 0..1."""
    happened: int
    """Samples that it happened to."""
    of: int
    """Samples in all."""
    drawn: tuple[Drawn, ...] = ()

    @property
    def got_p(self) -> float:
        """Share of the samples that it happened to; 0 where there are none."""
        return self.happened / self.of if self.of else 0.0


def report_draws(spec: AugmentationSpec, draws: Sequence[Draws]) -> tuple[Report, ...]:
    """Compares what a spec asks for with what was drawn.

    Args:
        spec: what was carried out.
        draws: one a transform, in the order of the spec.
    """
    return tuple(_report(*each) for each in zip(titles(spec.transforms), spec.transforms, draws, strict=True))


def _report(title: str, transform: Transform, draws: Draws) -> Report:
    applied = draws.applied
    got = amounts_got(transform, draws.taken(np.flatnonzero(applied)))
    drawn = tuple(Drawn(amount, got[name]) for name, amount in amounts_asked(transform).items())
    if isinstance(transform, TrivialAugment):  # of fourteen operations, those that nobody drew tell nothing
        drawn = tuple(each for each in drawn if len(each.got))
    return Report(title, transform.p, int(applied.sum()), len(applied), drawn)


def amounts_asked(transform: Transform) -> dict[str, Amount]:
    """What a transform draws, by name; nothing for one that only happens or not."""
    match transform:
        case HorizontalFlip() | Grayscale():
            return {}
        case ShiftScaleRotate(shift_limit=shift, scale_limit=scale, rotate_limit=turn):
            return {
                "angle": Amount("Rotate", "degrees", (-turn, turn)),
                "scale": Amount("Zoom", "factor", (1 - scale, 1 + scale)),
                **_shifts(round(shift * IMAGE_SIZE)),
            }
        case RandomCrop(padding=padding):
            return _shifts(padding)
        case ColorJitter(hue=hue):
            limits = {name: getattr(transform, name) for name in ("brightness", "contrast", "saturation")}
            factors = {name: Amount(name.title(), "factor", (1 - each, 1 + each)) for name, each in limits.items()}
            return {**factors, "hue": Amount("Hue", "degrees", (-360 * hue, 360 * hue))}
        case BrightnessContrast(brightness=brightness, contrast=contrast):
            return {
                "brightness": Amount("Brightness", "share", (-brightness, brightness)),
                "contrast": Amount("Contrast", "factor", (1 - contrast, 1 + contrast)),
            }
        case GaussianBlur(sigma=sigma):
            return {"sigma": Amount("Width of the blur", "px", sigma)}
        case CoarseDropout(holes=holes, height=height, width=width):
            return {
                "holes": Amount("Holes", "number", holes, whole=True),
                "height": Amount("Height of a hole", "px", height, whole=True),
                "width": Amount("Width of a hole", "px", width, whole=True),
                "left": Amount("Left edge of a hole", "px", (0, IMAGE_SIZE - width[0]), whole=True),
                "top": Amount("Top edge of a hole", "px", (0, IMAGE_SIZE - height[0]), whole=True),
            }
        case TrivialAugment(strength=strength):
            ranges = dict(zip(TRIVIAL_OPS, trivial_ranges(strength), strict=True))
            names = tuple(map(_op_title, TRIVIAL_OPS))
            operations = Amount("Operation", "number", (0, len(TRIVIAL_OPS) - 1), whole=True, names=names)
            amounts = {
                op: Amount(_op_title(op), unit, ranges[op].limits, ranges[op].whole)
                for op, unit in TRIVIAL_UNITS.items()
            }
            return {"op": operations, **amounts}


def amounts_got(transform: Transform, draws: Draws) -> dict[str, NDArray[np.float64]]:
    """What was drawn of each of `amounts_asked`, for images to all of which the transform happened."""
    values = {name: np.asarray(value, dtype=np.float64) for name, value in draws.values.items()}
    match transform:
        case HorizontalFlip() | Grayscale() | ShiftScaleRotate() | GaussianBlur():
            return values
        case BrightnessContrast():
            return {**values, "brightness": values["brightness"] / 255}
        case RandomCrop(padding=padding):
            # What is cut out further to the right shows the image further to the left.
            return {"dx": padding - values["left"], "dy": padding - values["top"]}
        case ColorJitter():
            return {**values, "hue": 360 * values["hue"]}
        case CoarseDropout():
            holes = values["holes"]
            is_hole = holes[..., 2] > holes[..., 0]
            left, top, right, bottom = holes[is_hole].T
            sizes = {"height": bottom - top, "width": right - left}
            return {"holes": is_hole.sum(axis=1).astype(np.float64), **sizes, "left": left, "top": top}
        case TrivialAugment():
            by_op = {op: values["amount"][values["op"] == TRIVIAL_OPS.index(op)] for op in TRIVIAL_UNITS}
            return {"op": values["op"], **by_op}


def _op_title(op: str) -> str:
    """As it is written on the page."""
    return "Colour" if op == "color" else op.replace("_", " ").capitalize()


def _shifts(pixels: int) -> dict[str, Amount]:
    return {
        name: Amount(title, "px", (-pixels, pixels), whole=True)
        for name, title in (("dx", "Shift right"), ("dy", "Shift down"))
    }
