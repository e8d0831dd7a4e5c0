"""AugmentationSpec to albumentations, in the form that does what the spec says.

The assignment's literal call `CoarseDropout(max_holes=1, max_height=16, ..., fill_value=mean)` only warns on
albumentations 2.0.8 and then cuts one or two holes of 3 to 6 pixels filled with black; `num_holes_range` and its kin
are the arguments that count. `ShiftScaleRotate` is deprecated there in favour of the `Affine` used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cifar_core.data.augmentation import (
    AugmentationSpec,
    CoarseDropout,
    ColorJitter,
    Fill,
    HorizontalFlip,
    ShiftScaleRotate,
    Transform,
)
from cifar_core.data.datasets import IMAGE_SIZE, Images

if TYPE_CHECKING:
    import albumentations as A


class AlbumentationsPipeline:
    """An AugmentationSpec, ready to be applied. Draws depend on the seed given to a call and on nothing else."""

    def __init__(self, spec: AugmentationSpec, mean: Sequence[float]) -> None:
        """Builds the pipeline.

        Args:
            spec: what to do.
            mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.
        """
        import albumentations as A

        self._compose = A.Compose([_transform(transform, mean) for transform in spec.transforms])
        self._is_identity = not spec.transforms

    def __call__(self, images: Images, seed: int) -> Images:
        """Augments a batch.

        Args:
            images: uint8 [N, H, W, 3].
            seed: decides every draw of this batch.

        Returns:
            uint8 [N, H, W, 3]; a new array, or `images` itself where there is nothing to do.
        """
        if self._is_identity:
            return images
        self._compose.set_random_seed(seed)
        augmented = np.empty_like(images)
        for position, image in enumerate(images):
            augmented[position] = self._compose(image=image)["image"]
        return augmented


def _transform(transform: Transform, mean: Sequence[float]) -> A.BasicTransform:
    import albumentations as A
    import cv2

    if isinstance(transform, HorizontalFlip):
        return A.HorizontalFlip(p=transform.p)
    if isinstance(transform, ShiftScaleRotate):
        borders = {
            "constant": cv2.BORDER_CONSTANT,
            "reflect": cv2.BORDER_REFLECT_101,
            "replicate": cv2.BORDER_REPLICATE,
        }
        # In whole pixels: `translate_percent` cuts the drawn shift towards 0, so that 2 pixels at most never become 2.
        pixels = round(transform.shift_limit * IMAGE_SIZE)
        return A.Affine(
            translate_px=(-pixels, pixels),
            scale=(1 - transform.scale_limit, 1 + transform.scale_limit),
            keep_ratio=True,
            rotate=(-transform.rotate_limit, transform.rotate_limit),
            border_mode=borders[transform.border],
            fill=_fill(transform.fill, mean),
            p=transform.p,
        )
    if isinstance(transform, ColorJitter):
        return A.ColorJitter(
            brightness=(1 - transform.brightness, 1 + transform.brightness),
            contrast=(1 - transform.contrast, 1 + transform.contrast),
            saturation=(1 - transform.saturation, 1 + transform.saturation),
            hue=(-transform.hue, transform.hue),
            p=transform.p,
        )
    assert isinstance(transform, CoarseDropout)
    return A.CoarseDropout(
        num_holes_range=(transform.holes, transform.holes),
        hole_height_range=(transform.height, transform.height),
        hole_width_range=(transform.width, transform.width),
        fill=_fill(transform.fill, mean),
        p=transform.p,
    )


def _fill(fill: Fill, mean: Sequence[float]) -> tuple[float, ...]:
    """The fill colour in 0..255."""
    if fill == "mean":
        return tuple(float(round(channel * 255)) for channel in mean)
    return tuple(float(level) for level in fill)
