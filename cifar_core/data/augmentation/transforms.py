"""The transforms of single images: what each does, its limits and its probability."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cifar_core.data.augmentation.ranges import AS_RANGE, ORDERED, Range
from cifar_core.spec_model import SpecModel

Probability = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=0, le=255)]
Fill = Literal["mean"] | tuple[Level, Level, Level]
"""Colour of what a transform leaves empty: the data set's mean, or an RGB triple in 0..255."""
Border = Literal["constant", "reflect", "replicate"]
"""What appears where the image moved away: the fill colour, the image mirrored about its outermost pixels (OpenCV's
BORDER_REFLECT_101), or its outermost pixels repeated."""
Share = Annotated[float, Field(ge=0, le=1)]
Sigma = Annotated[float, Field(ge=0.1, le=4)]
Holes = Annotated[int, Field(ge=1, le=16)]
Side = Annotated[int, Field(ge=1, le=32)]


class HorizontalFlip(SpecModel):
    """Mirrors the image left to right."""

    type: Literal["horizontal_flip"] = "horizontal_flip"
    p: Probability = 0.5


class ShiftScaleRotate(SpecModel):
    """Moves, zooms and turns the image at once; each amount is drawn evenly from minus to plus its limit."""

    type: Literal["shift_scale_rotate"] = "shift_scale_rotate"
    shift_limit: Share = 0.0625
    """Share of the 32-pixel side, rounded to whole pixels: 0.0625 moves an image by up to 2 pixels along each axis."""
    scale_limit: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """0.1 zooms by a factor from 0.9 to 1.1."""
    rotate_limit: Annotated[float, Field(ge=0, le=180)] = 15.0
    """Degrees."""
    border: Border = "constant"
    fill: Fill = "mean"
    p: Probability = 0.5


class RandomCrop(SpecModel):
    """Adds a margin all around and cuts an image of the old size out of it, anywhere with equal chance."""

    type: Literal["random_crop"] = "random_crop"
    padding: Annotated[int, Field(ge=1, le=16)] = 4
    """Pixels added on each side; the image moves by up to as many along each axis."""
    border: Border = "reflect"
    fill: Fill = "mean"
    p: Probability = 1.0


class ColorJitter(SpecModel):
    """Changes brightness, contrast, saturation and hue by factors drawn around 1 (hue: shifts around 0)."""

    type: Literal["color_jitter"] = "color_jitter"
    brightness: Share = 0.2
    contrast: Share = 0.2
    saturation: Share = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """Turns of the colour circle: 0.5 is the opposite colour."""
    p: Probability = 0.5


class BrightnessContrast(SpecModel):
    """Multiplies all levels by a contrast factor around 1 and adds a brightness around 0."""

    type: Literal["brightness_contrast"] = "brightness_contrast"
    brightness: Share = 0.2
    """Share of the 255 levels: 0.2 adds from -51 to 51."""
    contrast: Share = 0.2
    """0.2 multiplies by a factor from 0.8 to 1.2."""
    p: Probability = 0.5


class Grayscale(SpecModel):
    """Takes the colour out: all three channels hold the weighted mean of red, green and blue."""

    type: Literal["grayscale"] = "grayscale"
    p: Probability = 0.1


class GaussianBlur(SpecModel):
    """Blurs the image with a Gaussian bell."""

    type: Literal["gaussian_blur"] = "gaussian_blur"
    sigma: Annotated[Range[Sigma], ORDERED, AS_RANGE] = (0.3, 1.0)
    """Least and largest standard deviation of the bell in pixels, each 0.1 to 4; drawn evenly between."""
    p: Probability = 0.3


class CoarseDropout(SpecModel):
    """Covers rectangles of the image (cutout). A single number stands for a range of one."""

    type: Literal["coarse_dropout"] = "coarse_dropout"
    holes: Annotated[Range[Holes], ORDERED, AS_RANGE] = (1, 1)
    """Least and most."""
    height: Annotated[Range[Side], ORDERED, AS_RANGE] = (16, 16)
    """Least and largest of each hole, in pixels of the image's 32."""
    width: Annotated[Range[Side], ORDERED, AS_RANGE] = (16, 16)
    """Least and largest of each hole, in pixels of the image's 32."""
    fill: Fill = "mean"
    p: Probability = 0.5


class TrivialAugment(SpecModel):
    """One operation of the fourteen in `TRIVIAL_OPS`, each with equal chance, at an even draw of its strength.

    After TrivialAugmentWide (Mueller, Hutter 2021), whose ranges a strength of 1 is; magnitudes are continuous here and
    take both signs where an operation has two. Sharpness alone only sharpens, where the paper's blurs as well: it lays
    the sharpened image over the image, and 0 to 0.99 times the strength is the share of the sharpened one.
    """

    type: Literal["trivial_augment"] = "trivial_augment"
    strength: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the paper's widest magnitudes up to which they are drawn."""
    fill: Fill = "mean"
    p: Probability = 1.0


TRIVIAL_OPS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "contrast",
    "color",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
"""In the order of their numbers in a draw."""

Transform = Annotated[
    HorizontalFlip
    | ShiftScaleRotate
    | RandomCrop
    | ColorJitter
    | BrightnessContrast
    | Grayscale
    | GaussianBlur
    | CoarseDropout
    | TrivialAugment,
    Field(discriminator="type"),
]
