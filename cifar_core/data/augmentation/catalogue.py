"""Every transform and mixer with its name, its albumentations name, and what it teaches a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cifar_core.data.augmentation.mixers import CutMix, Mixer, MixUp
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


@dataclass(frozen=True, slots=True)
class TransformInfo:
    """What a person is told of a transform."""

    make: Callable[[], Transform]
    """Makes it with its default values."""
    title: str
    albumentations: str
    """Its class there, or those that it is composed of."""
    teaches: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class MixerInfo:
    """What a person is told of a mixer; albumentations has none."""

    make: Callable[[], Mixer]
    title: str
    teaches: str


TRANSFORMS: dict[str, TransformInfo] = {
    info.make().type: info
    for info in (
        TransformInfo(
            HorizontalFlip,
            "Horizontal flip",
            "HorizontalFlip",
            "A cat looking left is a cat looking right.",
        ),
        TransformInfo(
            ShiftScaleRotate,
            "Shift, scale, rotate",
            "Affine",
            "An object is the same a little aside, nearer, or tilted.",
        ),
        TransformInfo(
            RandomCrop,
            "Random crop",
            "Pad + RandomCrop",
            "Where in the frame an object stands, and whether it is cut off, does not change what it is.",
        ),
        TransformInfo(
            ColorJitter,
            "Colour jitter",
            "ColorJitter",
            "Light and film differ; the object does not.",
        ),
        TransformInfo(
            BrightnessContrast,
            "Brightness and contrast",
            "RandomBrightnessContrast",
            "Noon and dusk show the same thing in other levels of light.",
        ),
        TransformInfo(
            Grayscale,
            "Grayscale",
            "ToGray",
            "Without colour, only shape and texture are left to go by.",
        ),
        TransformInfo(
            GaussianBlur,
            "Gaussian blur",
            "GaussianBlur",
            "Fine texture may be missing; the outline must do.",
        ),
        TransformInfo(
            CoarseDropout,
            "Coarse dropout (cutout)",
            "CoarseDropout",
            "With a part hidden, the network must learn the other parts too.",
        ),
        TransformInfo(
            TrivialAugment,
            "Random choice (TrivialAugment)",
            "OneOf",
            "One of fourteen changes at a random strength: no single trick is worth learning by heart.",
        ),
    )
}
"""By the transform's type, in the order in which they are offered."""

MIXERS: dict[str, MixerInfo] = {
    info.make().type: info
    for info in (
        MixerInfo(MixUp, "Mixup", "Between two classes the answer should slide from one to the other, not jump."),
        MixerInfo(CutMix, "CutMix", "Each part of an object counts, and an answer may be seven tenths of one class."),
    )
}
"""By the mixer's type, in the order in which they are offered."""


def nth_title(kind: str, nth: int = 0) -> str:
    """How a transform or mixer is called; from the second of its kind on with a number: "Grayscale (2)".

    Args:
        kind: its type.
        nth: how many of its kind stand before it.
    """
    title = (TRANSFORMS[kind] if kind in TRANSFORMS else MIXERS[kind]).title
    return f"{title} ({nth + 1})" if nth else title


def titles(parts: Sequence[Transform | Mixer]) -> list[str]:
    """How each is called, so that no two are called the same."""
    before: Counter[str] = Counter()
    told = []
    for part in parts:
        told.append(nth_title(part.type, before[part.type]))
        before[part.type] += 1
    return told
