"""Where an augmentation does not suit a data set."""

from __future__ import annotations

from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import ColorJitter, Grayscale, HorizontalFlip
from cifar_core.data.datasets import DatasetInfo


def misfits(spec: AugmentationSpec, dataset: DatasetInfo) -> list[str]:
    """A sentence for each thing that makes no sense with these images; nothing is refused for it.

    Args:
        spec: what would be carried out.
        dataset: on whose training images.
    """
    told = []
    flips = any(isinstance(transform, HorizontalFlip) and transform.p for transform in spec.transforms)
    if flips and not dataset.can_be_mirrored:
        flip = TRANSFORMS["horizontal_flip"].title
        told.append(f"{dataset.title} are mirrored here, and a mirrored 2 is no 2: switch {flip} off for them.")
    colours = [
        TRANSFORMS[transform.type].title
        for transform in spec.transforms
        if isinstance(transform, Grayscale)
        or (isinstance(transform, ColorJitter) and (transform.saturation or transform.hue))
    ]
    if colours and dataset.is_grey:
        names = " and ".join(dict.fromkeys(colours))
        told.append(f"{dataset.title} have no colour: what {names} draws of saturation and hue changes nothing.")
    return told
