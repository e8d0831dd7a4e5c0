"""Transforms that change colours, on images to all of which they happen; rounded as OpenCV and albumentations round."""

from __future__ import annotations

from functools import cache

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
    return torch.stack([_gray(as_planes(images))] * 3, dim=3)


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

    planes = as_planes(images)
    for numbers in draws.values["order"].T:
        planes = by_group(planes, numbers, step)
    return as_images(planes)


def as_planes(images: Tensor) -> Tensor:
    """[N, 3, H, W] of [N, H, W, 3]: arithmetic between channels is several times as fast on whole planes."""
    return images.permute(0, 3, 1, 2).contiguous()


def as_images(planes: Tensor) -> Tensor:
    """[N, H, W, 3] of [N, 3, H, W]."""
    return torch.stack(planes.unbind(1), dim=3)


def adjust_brightness(planes: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, 3, H, W], all levels of an image times its factor [N]."""
    by = _on(planes, factors)
    return look_up(planes, linear_table(by, torch.zeros_like(by)))


def adjust_contrast(planes: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, 3, H, W], the distance of all levels to the image's mean gray times its factor [N]."""
    rest = 1 - _on(planes, factors, np.float64)
    mean = _gray(planes).double().mean(dim=(1, 2))
    return look_up(planes, linear_table(_on(planes, factors), (mean * rest).float()))


def adjust_saturation(planes: Tensor, factors: NDArray[np.generic]) -> Tensor:
    """uint8 [N, 3, H, W], the distance of each pixel to its own gray times the image's factor [N]."""
    by, rest = (_on(planes, share)[:, None, None, None] for share in (factors, 1 - factors))
    gray = (_gray(planes).unsqueeze(1) * rest).double()
    # OpenCV multiplies and adds in one step, which rounds once: in double precision the product is exact.
    mixed = planes.double().mul_(by.double()).add_(gray).float()
    return mixed.round_().clamp_(0, 255).to(torch.uint8)


def adjust_hue(planes: Tensor, turns: NDArray[np.generic]) -> Tensor:
    """uint8 [N, 3, H, W], the colour circle turned by [N], in turns: through bytes of hue, as OpenCV has them."""

    def turn(turning: int, part: Tensor, positions: NDArray[np.intp]) -> Tensor:
        # Not even the bytes of hue cost anything where nothing turns.
        return _turn_hue(part, turns[positions].astype(np.float64)) if turning else part

    return by_group(planes, turns != 0, turn)


def _turn_hue(planes: Tensor, turns: NDArray[np.float64]) -> Tensor:
    hue, saturation, value = _to_hsv(planes)
    # The table of albumentations: whole steps, cut off.
    steps = np.mod(np.arange(_HUES) + _HUES * turns[:, None], _HUES).astype(np.uint8)
    chosen = on_device_of(planes, steps.ravel().astype(np.int32))
    falls = on_device_of(planes, _falls()).index_select(1, chosen).view(3, len(planes), _HUES)
    return _from_hsv(falls, hue, saturation, value)


def _on(images: Tensor, values: NDArray[np.generic], dtype: type[np.floating] = np.float32) -> Tensor:
    """[N] where the images are."""
    return on_device_of(images, np.asarray(values, dtype=dtype))


def _gray(planes: Tensor) -> Tensor:
    """uint8 [N, H, W]."""
    red, green, blue = planes.int().unbind(1)
    weighted = (red * _GRAY[0]).add_(green, alpha=_GRAY[1]).add_(blue, alpha=_GRAY[2])
    return weighted.add_(1 << 14).bitwise_right_shift_(15).to(torch.uint8)


def _to_hsv(planes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue (0..179), saturation and value (0..255), each int32 [N, H, W]: OpenCV's integer arithmetic."""
    red, green, blue = planes.int().unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    spread = value - torch.minimum(torch.minimum(red, green), blue)
    saturation = (spread * _reciprocals(255, value)).add_(1 << 11).bitwise_right_shift_(12)
    # By products with 0 or 1, several times as fast as `where` on a CPU.
    sector = (red - green).add_(spread, alpha=4)
    sector.add_((blue - red).add_(spread, alpha=2).sub_(sector).mul_(value == green))
    sector.add_((green - blue).sub_(sector).mul_(value == red))
    hue = sector.mul_(_reciprocals(_HUES / 6, spread)).add_(1 << 11).bitwise_right_shift_(12)
    return hue.add_(hue < 0, alpha=_HUES), saturation, value


def _reciprocals(numerator: float, divisors: Tensor) -> Tensor:
    """int32, numerator / divisor in 2 ** 12ths, rounded, of divisors 0..255; 0 of 0."""
    table = np.zeros(256, dtype=np.int32)
    table[1:] = np.rint(numerator * (1 << 12) / np.arange(1, 256))
    return on_device_of(divisors, table).index_select(0, divisors.flatten()).view(divisors.shape)


def _from_hsv(falls: Tensor, hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """uint8 [N, 3, H, W]; cut off, not rounded, and computed as OpenCV does.

    It multiplies and subtracts in one step, which rounds once: a level that should be 93 is 93, not 92.9999.

    Args:
        falls: float32 [3, N, 180]: `_falls` for each image's bytes of hue.
        hue: int32 [N, H, W], 0..179.
        saturation: int32 [N, H, W], 0..255.
        value: likewise.
    """
    share, level = (saturation * (1 / 255)).double(), value * (1 / 255)
    places = hue.flatten(1).long()
    planes = torch.empty((len(hue), 3, *hue.shape[1:]), dtype=torch.uint8, device=hue.device)
    for plane, fall in zip(planes.unbind(1), falls, strict=True):
        # As far as the hue alone tells; the share that is not saturated falls less.
        kept = (share * fall.gather(1, places).view(hue.shape)).neg_().add_(1)
        plane.copy_(kept.float().mul_(level).mul_(255).clamp_(0, 255))
    return planes


@cache
def _falls() -> NDArray[np.float32]:
    """[3, 180]: how far red, green and blue fall below the value, of 1, at each byte of hue in full saturation.

    For each channel a trapezoid over the circle, a third apart.
    """
    place = np.arange(_HUES, dtype=np.float32) * np.float32(6 / _HUES)
    sector = np.floor(place)
    part, side = place - sector, (sector.astype(np.int64) + np.array([[5], [3], [1]])) % 6
    falls: NDArray[np.float32] = np.select([side == 0, side == 3, side < 3], [part, 1 - part, np.float32(1)])
    return falls
