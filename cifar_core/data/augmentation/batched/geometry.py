"""Transforms that move pixels, on images to all of which they happen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cifar_core.data.augmentation.batched.moving import on_device_of
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.transforms import Border

_PADDING = {"constant": "zeros", "reflect": "reflection", "replicate": "border"}
"""In `grid_sample`'s words. Its reflection with aligned corners is about the centres of the outermost pixels."""


def shift_scale_rotate(images: Tensor, draws: Draws, border: Border, fill: Sequence[float]) -> Tensor:
    """Moves, zooms and turns about the middle of the image.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a ShiftScaleRotate, for these images.
        border: what appears where the image moved away.
        fill: its levels in 0..255, with the constant border.
    """
    values = draws.values
    angle, scale = np.radians(values["angle"]), values["scale"]
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return warp(images, _about_the_middle(images, cos, sin, -sin, cos, values["dx"], values["dy"]), border, fill)


def turn(images: Tensor, angles: NDArray[np.generic], fill: Sequence[float]) -> Tensor:
    """Turns images uint8 [N, H, W, 3] counter-clockwise about their middle, by degrees [N]."""
    still = np.zeros(len(images))
    amounts = {"dx": still, "dy": still, "scale": still + 1, "angle": angles}
    return shift_scale_rotate(images, Draws("shift_scale_rotate", still == 0, amounts), "constant", fill)


def shear_or_move(
    images: Tensor,
    shear: tuple[NDArray[np.generic], NDArray[np.generic]],
    shift: tuple[NDArray[np.generic], NDArray[np.generic]],
    fill: Sequence[float],
) -> Tensor:
    """Slants and moves the images.

    Args:
        images: uint8 [N, H, W, 3].
        shear: degrees [N], whose tangents times y are added to x, and the other way round.
        shift: pixels [N], right and down.
        fill: levels in 0..255 of what the image leaves empty.
    """
    across, down = np.tan(np.radians(shear[0])), np.tan(np.radians(shear[1]))
    one = np.ones(len(images))
    return warp(images, _about_the_middle(images, one, across, down, one, *shift), "constant", fill)


def _about_the_middle(
    images: Tensor,
    xx: NDArray[np.generic],
    xy: NDArray[np.generic],
    yx: NDArray[np.generic],
    yy: NDArray[np.generic],
    dx: NDArray[np.generic],
    dy: NDArray[np.generic],
) -> NDArray[np.float64]:
    """Matrices [N, 2, 3] that keep the middle of the image where it is, but for the shift."""
    height, width = images.shape[1:3]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    matrices = np.empty((len(images), 2, 3))
    matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 0], matrices[:, 1, 1] = xx, xy, yx, yy
    middle = np.array([middle_x, middle_y])
    matrices[:, :, 2] = middle + np.stack([dx, dy], axis=1) - matrices[:, :, :2] @ middle
    return matrices


def warp(images: Tensor, matrices: NDArray[np.float64], border: Border, fill: Sequence[float]) -> Tensor:
    """Affine maps with bilinear interpolation, as OpenCV's `warpAffine`.

    Args:
        images: uint8 [N, H, W, 3].
        matrices: [N, 2, 3], each from (x, y, 1) of a pixel of the image to its place in the result.
        border: what is seen beyond the image.
        fill: its levels in 0..255, with the constant border.
    """
    height, width = images.shape[1:3]
    linear = np.linalg.inv(matrices[:, :, :2])
    back = np.concatenate([linear, -linear @ matrices[:, :, 2:]], axis=2)
    # From pixels to the -1..1 between the centres of the outermost pixels.
    back *= np.array([2 / (width - 1), 2 / (height - 1)])[:, None]
    back[:, :, 2] -= 1
    # A place is the sum of what its column and what its row tells.
    across, down = back[:, :, :1] * np.arange(width), back[:, :, 1:2] * np.arange(height) + back[:, :, 2:]
    moves = on_device_of(images, np.concatenate([across, down], axis=2).astype(np.float32))
    grid = moves[:, :, None, :width] + moves[:, :, width:, None]
    source = images.float()
    # Beyond the image `grid_sample` knows nothing but zero.
    beyond = _row_of(fill, images).float() if border == "constant" else None
    if beyond is not None:
        _rows(source).sub_(beyond)
    warped = functional.grid_sample(
        source.permute(0, 3, 1, 2), grid.permute(0, 2, 3, 1), padding_mode=_PADDING[border], align_corners=True
    )
    pixels = warped.permute(0, 2, 3, 1).contiguous()
    if beyond is not None:
        _rows(pixels).add_(beyond)
    return pixels.round_().to(torch.uint8)


def random_crop(images: Tensor, draws: Draws, padding: int, border: Border, fill: Sequence[float]) -> Tensor:
    """Cuts images out of themselves with a margin.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a RandomCrop, for these images.
        padding: pixels on each side.
        border: what the margin shows.
        fill: its levels in 0..255, with the constant border.
    """
    count, height, width, channels = images.shape
    rows = draws.values["top"].astype(np.int64)[:, None] - padding + np.arange(height)
    columns = draws.values["left"].astype(np.int64)[:, None] - padding + np.arange(width)
    seen_rows = _brought_inside(rows, height, border) + height * np.arange(count)[:, None]
    seen_columns = _brought_inside(columns, width, border)
    # A few numbers an image go to the device, never one a pixel.
    places = on_device_of(images, seen_rows * width)[:, :, None] + on_device_of(images, seen_columns)[:, None]
    cropped = images.reshape(-1, channels).index_select(0, places.view(-1)).view(images.shape)
    if border == "constant":
        inside = _within(rows, height), _within(columns, width).repeat(channels, axis=1)
        down, across = (on_device_of(images, _bits(mask)) for mask in inside)
        return _covered(cropped, ~(down[:, :, None] & across[:, None]), fill)
    return cropped


def coarse_dropout(images: Tensor, draws: Draws, fill: Sequence[float]) -> Tensor:
    """Covers the drawn rectangles.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a CoarseDropout, for these images.
        fill: levels in 0..255 of what is covered.
    """
    height, width, channels = images.shape[1:]
    left, top, right, bottom = np.moveaxis(draws.values["holes"], 2, 0)[..., None]
    down, across = np.arange(height), np.arange(width).repeat(channels)
    rows = on_device_of(images, _bits((down >= top) & (down < bottom))).unsqueeze(3)
    columns = on_device_of(images, _bits((across >= left) & (across < right))).unsqueeze(2)
    return _covered(images, reduce(torch.bitwise_or, map(torch.bitwise_and, rows.unbind(1), columns.unbind(1))), fill)


def _covered(images: Tensor, hidden: Tensor, fill: Sequence[float]) -> Tensor:
    """The images with the fill's levels where `hidden`, uint8 [N, H, W * 3] of no bits or all, says so."""
    # Several times as fast as `where` on a CPU.
    rows = _rows(images)
    return (rows ^ ((rows ^ _row_of(fill, images)) & hidden)).view(images.shape)


def _bits(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """All eight where the mask says yes."""
    return mask.view(np.uint8) * np.uint8(255)


def _rows(images: Tensor) -> Tensor:
    """[N, H, W * 3] of [N, H, W, 3]: runs along which a CPU is many times as fast as along three channels."""
    return images.view(*images.shape[:2], -1)


def _row_of(fill: Sequence[float], images: Tensor) -> Tensor:
    """uint8 [W * 3]: a row of pixels of one colour."""
    return on_device_of(images, np.tile(np.rint(fill), images.shape[2]).astype(np.uint8))


def _within(places: NDArray[np.int64], side: int) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (places >= 0) & (places < side)
    return inside


def _brought_inside(places: NDArray[np.int64], side: int, border: Border) -> NDArray[np.int64]:
    """The pixel that is seen at a place beyond the image."""
    if border == "reflect":
        places = np.abs(places)
        return np.where(places >= side, 2 * (side - 1) - places, places)
    return places.clip(0, side - 1)
