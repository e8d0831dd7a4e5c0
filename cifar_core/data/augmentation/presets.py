"""Named augmentations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import (
    CoarseDropout,
    ColorJitter,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
)
from cifar_core.errors import SpecError


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
        AugmentationPreset(
            name="best",
            title="Best",
            teaches="The assignment's three, milder and mirrored at the border: a small network cannot bear much more.",
            spec=AugmentationSpec(
                name="best",
                transforms=(
                    RandomCrop(),
                    flip,
                    ShiftScaleRotate(shift_limit=0.0, rotate_limit=10.0, border="reflect", p=0.3),
                    CoarseDropout(height=(8, 8), width=(8, 8)),
                ),
            ),
        ),
    )
    return {preset.name: preset for preset in presets}
