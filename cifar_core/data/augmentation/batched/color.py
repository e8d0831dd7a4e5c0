"""Transforms that change colours, on images to all of which they happen; rounded as OpenCV and albumentations round."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched.moving import by_group, on_device_of
from cifar_core.data.augmentation.batched.tables import linear_table, look_up
from cifar_core.data.augmentation.draws import Draws

_GRAY = (9_798, 19_235, 3_735)
"""OpenCV's weights of red, green and blue, in 2 ** 15ths: 0.299, 0.587, 0.114."""
_HUES = 180
"""OpenCV's steps of the colour circle in a byte: one is two degrees."""


def grayscale(images: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] with the weighted mean of the channels in all three."""
    return _gray(images).unsqueeze(3).expand(images.shape).contiguous()


def brightness_contrast(images: Tensor, draws: Draws) -> Tensor:
    """Multiplies and adds.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a BrightnessContrast, for these images.
    """
    factors, added = (_on(images, draws.values[name]) for name in ("contrast", "brightness"))
    return look_up(images, linear_table(factors, added))


def color_jitter(images: Tensor, draws: Draws) -> Tensor:
    """Brightness, contrast, saturation and hue, for each image in its own order.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a ColorJitter, for these images.
    """
    steps = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)
    names = ("brightness", "contrast", "saturation", "hue")

    def step(number: int, part: Tensor, positions: NDArray[np.intp]) -> Tensor:
        return steps[number](part, draws.values[names[number]][positions])

    for numbers in draws.values["order"].T:
        images = by_group(images, numbers, step)
    return images


def adjust_brightness(images: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, H, W, 3], all levels of an image times its factor [N]."""
    by = _on(images, factors)
    return look_up(images, linear_table(by, torch.zeros_like(by)))


def adjust_contrast(images: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, H, W, 3], the distance of all levels to the image's mean gray times its factor [N]."""
    rest = 1 - _on(images, factors, np.float64)
    mean = _gray(images).double().mean(dim=(1, 2))
    return look_up(images, linear_table(_on(images, factors), (mean * rest).float()))


def adjust_saturation(images: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, H, W, 3], the distance of each pixel to its own gray times the image's factor [N]."""
    by, rest = (_on(images, share)[:, None, None, None] for share in (factors, 1 - factors))
    gray = (_gray(images).unsqueeze(3) * rest).double()
    # OpenCV multiplies and adds in one step, which rounds once: in double precision the product is exact.
    mixed = (images.double() * by.double() + gray).float()
    return mixed.round_().clamp_(0, 255).to(torch.uint8)


def adjust_hue(images: Tensor, turns: NDArray[np.generic]) -> Tensor:
    """uint8 [N, H, W, 3], the colour circle turned by [N], in turns: through bytes of hue, as OpenCV has them."""
    still = _on(images, turns == 0)[:, None, None, None].bool()
    hue, saturation, value = _to_hsv(images)
    # The table of albumentations: whole steps, cut off.
    steps = np.mod(np.arange(_HUES) + _HUES * np.asarray(turns, dtype=np.float64)[:, None], _HUES).astype(np.uint8)
    table = on_device_of(images, steps)
    turned = table.gather(1, hue.flatten(1)).view(hue.shape)
    return torch.where(still, images, _from_hsv(turned, saturation, value))


def _on(images: Tensor, values: NDArray[np.generic], dtype: type[np.floating] = np.float32) -> Tensor:
    """[N] where the images are."""
    return on_device_of(images, np.asarray(values, dtype=dtype))


def _gray(images: Tensor) -> Tensor:
    """uint8 [N, H, W]."""
    red, green, blue = images.int().unbind(3)
    weighted = red * _GRAY[0] + green * _GRAY[1] + blue * _GRAY[2]
    return ((weighted + (1 << 14)) >> 15).to(torch.uint8)


def _to_hsv(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue (int64, 0..179), saturation and value (int32, 0..255), each [N, H, W]: OpenCV's integer arithmetic."""
    red, green, blue = images.int().unbind(3)
    value = torch.maximum(torch.maximum(red, green), blue)
    spread = value - torch.minimum(torch.minimum(red, green), blue)
    saturation = (spread * _reciprocals(255, images)[value.long()] + (1 << 11)) >> 12
    sector = torch.where(
        value == red,
        green - blue,
        torch.where(value == green, blue - red + 2 * spread, red - green + 4 * spread),
    )
    hue = (sector * _reciprocals(_HUES / 6, images)[spread.long()] + (1 << 11)) >> 12
    return torch.where(hue < 0, hue + _HUES, hue).long(), saturation, value


def _reciprocals(numerator: float, images: Tensor) -> Tensor:
    """int32 [256]: numerator / i in 2 ** 12ths, rounded; 0 at 0."""
    table = np.zeros(256, dtype=np.int32)
    table[1:] = np.rint(numerator * (1 << 12) / np.arange(1, 256))
    return on_device_of(images, table)


def _from_hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """uint8 [N, H, W, 3]; cut off, not rounded, and computed as OpenCV does.

    It multiplies and subtracts in one step, which rounds once: a level that should be 93 is 93, not 92.9999.
    """
    place = hue.float() * (6 / _HUES)
    sector = place.floor()
    part, sector = place - sector, sector.int()
    share, level = (saturation.float() * (1 / 255)).double(), value.float() * (1 / 255)
    channels = []
    for start in (5, 3, 1):
        # How far red, green and blue fall below the value is a trapezoid over the circle, a third apart.
        side = (sector + start) % 6
        fall = torch.where(side == 0, part, torch.where(side == 3, 1 - part, (side < 3).float()))
        channels.append(level * (1 - share * fall).float() * 255)
    return torch.stack(channels, dim=3).clamp_(0, 255).to(torch.uint8)
