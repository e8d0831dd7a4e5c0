"""AugmentationSpec: augmentation as data. `pipeline.py` turns it into albumentations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from cifar_core.errors import SpecError
from cifar_core.spec_model import SpecModel

Probability = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=0, le=255)]
Fill = Literal["mean"] | tuple[Level, Level, Level]
"""Colour of what a transform leaves empty: the data set's mean, or an RGB triple in 0..255."""


class HorizontalFlip(SpecModel):
    """Mirrors the image left to right."""

    type: Literal["horizontal_flip"] = "horizontal_flip"
    p: Probability = 0.5


class ShiftScaleRotate(SpecModel):
    """Moves, zooms and turns the image at once; each amount is drawn evenly from minus to plus its limit."""

    type: Literal["shift_scale_rotate"] = "shift_scale_rotate"
    shift_limit: Annotated[float, Field(ge=0, le=1)] = 0.0625
    """Share of the 32-pixel side, rounded to whole pixels: 0.0625 moves an image by up to 2 pixels along each axis."""
    scale_limit: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """0.1 zooms by a factor from 0.9 to 1.1."""
    rotate_limit: Annotated[float, Field(ge=0, le=180)] = 15.0
    """Degrees."""
    border: Literal["constant", "reflect", "replicate"] = "constant"
    """What appears where the image moved away: the fill colour, or the mirrored or repeated edge."""
    fill: Fill = "mean"
    p: Probability = 0.5


class ColorJitter(SpecModel):
    """Changes brightness, contrast, saturation and hue by factors drawn around 1 (hue: shifts around 0)."""

    type: Literal["color_jitter"] = "color_jitter"
    brightness: Annotated[float, Field(ge=0, le=1)] = 0.2
    contrast: Annotated[float, Field(ge=0, le=1)] = 0.2
    saturation: Annotated[float, Field(ge=0, le=1)] = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Turns of the colour circle: 0.5 is the opposite colour."""
    p: Probability = 0.5


class CoarseDropout(SpecModel):
    """Covers rectangles of the image (cutout)."""

    type: Literal["coarse_dropout"] = "coarse_dropout"
    holes: Annotated[int, Field(ge=1, le=16)] = 1
    height: Annotated[int, Field(ge=1, le=32)] = 16
    """Of each hole, in pixels."""
    width: Annotated[int, Field(ge=1, le=32)] = 16
    """Of each hole, in pixels."""
    fill: Fill = "mean"
    p: Probability = 0.5


Transform = Annotated[
    HorizontalFlip | ShiftScaleRotate | ColorJitter | CoarseDropout,
    Field(discriminator="type"),
]


class AugmentationSpec(SpecModel):
    """What happens to a training image before the network sees it, in order."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(max_length=80)] = "untitled"
    transforms: Annotated[tuple[Transform, ...], Field(max_length=32)] = ()


@dataclass(frozen=True, slots=True)
class AugmentationPreset:
    """A named augmentation with what it teaches."""

    name: str
    title: str
    teaches: str
    spec: AugmentationSpec
    reconstructed: str = ""
    """What the source left open and was filled in here; empty if nothing."""


def augmentation_names() -> tuple[str, ...]:
    """Names of all augmentation presets, in the order in which they are shown."""
    return tuple(_presets())


def find_augmentation(name: str) -> AugmentationPreset:
    """Looks an augmentation preset up.

    Raises:
        SpecError: if there is none of that name.
    """
    presets = _presets()
    if name not in presets:
        raise SpecError(f"There is no augmentation {name!r}: choose one of {', '.join(presets)}.")
    return presets[name]


@cache
def _presets() -> dict[str, AugmentationPreset]:
    flip, move, hide = HorizontalFlip(), ShiftScaleRotate(), CoarseDropout()
    presets = (
        AugmentationPreset(
            name="none",
            title="None",
            teaches="Every epoch shows the same pictures; a network of this size soon knows them by heart.",
            spec=AugmentationSpec(name="none"),
        ),
        AugmentationPreset(
            name="assignment",
            title="Assignment",
            teaches="The three transforms that the assignment asks for: flip, shift-scale-rotate, one 16 x 16 hole.",
            spec=AugmentationSpec(name="assignment", transforms=(flip, move, hide)),
            reconstructed="The assignment gives the hole's size and fill; probabilities and the other limits are ours.",
        ),
        AugmentationPreset(
            name="seed-model-3",
            title="Seed, Model 3",
            teaches="The assignment's three with colour jitter between, as the seed's third model lists them.",
            spec=AugmentationSpec(name="seed-model-3", transforms=(flip, move, ColorJitter(), hide)),
            reconstructed="The seed names four transforms and the hole's size and fill; the other numbers are ours.",
        ),
    )
    return {preset.name: preset for preset in presets}
