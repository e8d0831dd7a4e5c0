"""Where an augmentation does not suit a data set."""

from __future__ import annotations

from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import ColorJitter, Grayscale, HorizontalFlip, Transform
from cifar_core.data.datasets import DatasetInfo


def misfits(spec: AugmentationSpec, dataset: DatasetInfo, in_turns: bool = False) -> list[str]:
    """A sentence for each thing that makes no sense with these images; nothing is refused for it.

    Args:
        spec: what would be carried out.
        dataset: on whose training images.
        in_turns: the training mirrors every image in every other epoch, whatever the spec says.
    """
    told = []
    happening = [transform for transform in spec.transforms if transform.p]
    if not dataset.can_be_mirrored and (in_turns or any(isinstance(part, HorizontalFlip) for part in happening)):
        flip = TRANSFORMS["horizontal_flip"].title
        cure = "switch Mirror in turns off for them" if in_turns else f"switch {flip} off for them"
        told.append(f"{dataset.title} are mirrored here, and a mirrored 2 is no 2: {cure}.")
    if dataset.is_grey:
        told += dict.fromkeys(
            f"{dataset.title} have no colour: {sentence}" for sentence in map(_of_colour, happening) if sentence
        )
    return told


def _of_colour(transform: Transform) -> str:
    """What of a transform changes nothing in a grey image, as the end of a sentence; empty for nothing."""
    title = TRANSFORMS[transform.type].title
    match transform:
        case Grayscale():
            return f"{title} changes nothing."
        case ColorJitter(saturation=saturation, hue=hue) if saturation or hue:
            return f"what {title} draws of saturation and hue changes nothing."
        case _:
            return ""
