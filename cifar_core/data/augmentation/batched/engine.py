"""The batched twin of `AlbumentationsPipeline`: the same spec, the same draws, the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched import blur, color, geometry, trivial
from cifar_core.data.augmentation.batched.drawing import draw
from cifar_core.data.augmentation.batched.moving import by_group
from cifar_core.data.augmentation.calls import fill_levels
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.spec import AugmentationSpec
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


class BatchedPipeline:
    """The transforms of an AugmentationSpec, ready to be applied to a batch; mixing it is not its work.

    Draws are made on the host, so that a seed gives the same ones on every device, and which images a transform happens
    to is known there: no device is waited for.
    """

    def __init__(self, spec: AugmentationSpec, mean: Sequence[float]) -> None:
        """Takes the spec.

        Args:
            spec: what to do.
            mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.
        """
        self._spec, self._mean = spec, tuple(mean)

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        """Augments a batch.

        Args:
            images: uint8 [N, H, W, 3], on any device; they are not changed.
            seed: decides every draw of this batch.

        Returns:
            uint8 [N, H, W, 3] on the same device; `images` itself where there is nothing to do.
        """
        return self.apply(images, self.draw(len(images), seed))

    def draw(self, count: int, seed: int) -> tuple[Draws, ...]:
        """Draws for `count` images: one a transform, in the order of the spec."""
        generator = np.random.default_rng(seed)
        return tuple(draw(transform, count, generator) for transform in self._spec.transforms)

    def apply(self, images: Tensor, draws: Sequence[Draws]) -> Tensor:
        """Carries draws out, whoever made them.

        Args:
            images: uint8 [N, H, W, 3], on any device; they are not changed.
            draws: one a transform, in the order of the spec, each for N images.
        """
        images = images.contiguous()
        for transform, drawn in zip(self._spec.transforms, draws, strict=True):
            images = by_group(images, drawn.applied, partial(_carry_out, transform, drawn, self._mean))
        return images


def _carry_out(
    transform: Transform, drawn: Draws, mean: Sequence[float], applied: int, images: Tensor, positions: NDArray[np.intp]
) -> Tensor:
    """One transform on images at some positions of the batch, to all of which it happens, or to none."""
    if not applied:
        return images
    draws = drawn.taken(positions)
    match transform:
        case HorizontalFlip():
            return images.flip(2)
        case ShiftScaleRotate(border=border, fill=fill):
            return geometry.shift_scale_rotate(images, draws, border, fill_levels(fill, mean))
        case RandomCrop(padding=padding, border=border, fill=fill):
            return geometry.random_crop(images, draws, padding, border, fill_levels(fill, mean))
        case CoarseDropout(fill=fill):
            return geometry.coarse_dropout(images, draws, fill_levels(fill, mean))
        case ColorJitter():
            return color.color_jitter(images, draws)
        case BrightnessContrast():
            return color.brightness_contrast(images, draws)
        case Grayscale():
            return color.grayscale(images)
        case GaussianBlur():
            return blur.gaussian_blur(images, draws)
        case TrivialAugment(fill=fill):
            return trivial.trivial_augment(images, draws, fill_levels(fill, mean))
