"""Between which amounts each operation of TrivialAugment is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from cifar_core.data.datasets import IMAGE_SIZE

WIDEST_SHEAR, WIDEST_TURN, WIDEST_FACTOR, MOST_BITS_LOST = math.degrees(math.atan(0.99)), 135.0, 0.99, 6
"""TrivialAugmentWide's largest magnitudes: degrees, degrees, away from 1, of 8 bits."""


@dataclass(frozen=True, slots=True)
class TrivialRange:
    """The amounts of one operation, in the unit that `Draws` tells."""

    limits: tuple[float, float]
    whole: bool = False
    """Whether only whole numbers are drawn."""


def trivial_ranges(strength: float) -> tuple[TrivialRange, ...]:
    """One range for each of `TRIVIAL_OPS`, in its order.

    Args:
        strength: above 0, to 1: the share of TrivialAugmentWide's magnitudes.
    """
    shear, turn, pixels = strength * WIDEST_SHEAR, strength * WIDEST_TURN, round(strength * IMAGE_SIZE)
    factor = TrivialRange((1 - strength * WIDEST_FACTOR, 1 + strength * WIDEST_FACTOR))
    ranges = {
        "shear_x": TrivialRange((-shear, shear)),
        "shear_y": TrivialRange((-shear, shear)),
        "translate_x": TrivialRange((-pixels, pixels), whole=True),
        "translate_y": TrivialRange((-pixels, pixels), whole=True),
        "rotate": TrivialRange((-turn, turn)),
        "brightness": factor,
        "contrast": factor,
        "color": factor,
        "sharpness": TrivialRange((0.0, strength * WIDEST_FACTOR)),
        "posterize": TrivialRange((8 - round(strength * MOST_BITS_LOST), 8), whole=True),
        "solarize": TrivialRange((255 * (1 - strength), 255.0)),
    }
    return tuple(ranges.get(op, TrivialRange((0.0, 0.0))) for op in TRIVIAL_OPS)
