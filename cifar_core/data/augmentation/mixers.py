"""What happens to a whole batch: images are mixed in pairs, and their classes with them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cifar_core.data.augmentation.transforms import Probability
from cifar_core.spec_model import SpecModel

Alpha = Annotated[float, Field(gt=0, le=10)]


class MixUp(SpecModel):
    """Lays another image of the batch over the image, both half transparent (Zhang and others 2018)."""

    type: Literal["mixup"] = "mixup"
    alpha: Alpha = 0.2
    """The image's own share is drawn from Beta(alpha, alpha): near 0 or 1 for a small alpha, evenly for 1."""
    p: Probability = 0.5


class CutMix(SpecModel):
    """Pastes a rectangle of another image of the batch at the same place (Yun and others 2019)."""

    type: Literal["cutmix"] = "cutmix"
    alpha: Alpha = 1.0
    """The share of the pixels that stay is drawn from Beta(alpha, alpha): evenly for 1. A rectangle that reaches beyond
    the border is cut there, and the classes are weighted by the pixels that are really covered."""
    p: Probability = 0.5


Mixer = Annotated[MixUp | CutMix, Field(discriminator="type")]
