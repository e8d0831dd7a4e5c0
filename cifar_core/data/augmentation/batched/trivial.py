"""TrivialAugment: each image has one operation of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched.color import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    as_images,
    as_planes,
)
from cifar_core.data.augmentation.batched.geometry import shear_or_move, turn
from cifar_core.data.augmentation.batched.moving import by_group, on_device_of
from cifar_core.data.augmentation.batched.neighbours import along_both_axes
from cifar_core.data.augmentation.batched.tables import (
    autocontrast_table,
    equalize_table,
    look_up,
    posterize_table,
    solarize_table,
)
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS

Amounts = NDArray[np.generic]


def trivial_augment(images: Tensor, draws: Draws, fill: Sequence[float]) -> Tensor:
    """Carries out each image's operation.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a TrivialAugment, for these images.
        fill: levels in 0..255 of what an image leaves empty.
    """
    amounts = draws.values["amount"]

    def carry_out(number: int, part: Tensor, positions: NDArray[np.intp]) -> Tensor:
        return _carry_out(TRIVIAL_OPS[number], part, amounts[positions], fill)

    return by_group(images, draws.values["op"], carry_out)


def _carry_out(name: str, images: Tensor, amounts: Amounts, fill: Sequence[float]) -> Tensor:
    """One operation on images to all of which it happens."""
    none = np.zeros(len(images))
    match name:
        case "identity":
            return images
        case "shear_x":
            return shear_or_move(images, (amounts, none), (none, none), fill)
        case "shear_y":
            return shear_or_move(images, (none, amounts), (none, none), fill)
        case "translate_x":
            return shear_or_move(images, (none, none), (amounts, none), fill)
        case "translate_y":
            return shear_or_move(images, (none, none), (none, amounts), fill)
        case "rotate":
            return turn(images, amounts, fill)
        case "brightness":
            return as_images(adjust_brightness(as_planes(images), amounts))
        case "contrast":
            return as_images(adjust_contrast(as_planes(images), amounts))
        case "color":
            return as_images(adjust_saturation(as_planes(images), amounts))
        case "sharpness":
            return sharpen(images, amounts)
        case "posterize":
            return look_up(images, posterize_table(_on(images, amounts)))
        case "solarize":
            return look_up(images, solarize_table(_on(images, amounts)))
        case "autocontrast":
            return look_up(images, autocontrast_table(images))
    return look_up(images, equalize_table(images))


def sharpen(images: Tensor, alphas: Amounts) -> Tensor:
    """Mixes each image with its sharpened self.

    Args:
        images: uint8 [N, H, W, 3].
        alphas: [N], in 0..1: the share of the sharpened image, each pixel of which is nine times itself less the sum of
            its 3 x 3 neighbourhood's others.
    """
    by = _on(images, alphas)[:, None, None].float()
    squares = along_both_axes(images, 1, lambda near: near[0] + near[1] + near[2])
    sharpened = images.float().flatten(2) * (1 + 9 * by) - by * squares
    return sharpened.round_().clamp_(0, 255).to(torch.uint8).view(images.shape)


def _on(images: Tensor, amounts: Amounts) -> Tensor:
    """float64 [N] where the images are."""
    return on_device_of(images, np.asarray(amounts, dtype=np.float64))
