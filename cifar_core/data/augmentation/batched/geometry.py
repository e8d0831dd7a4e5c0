"""Transforms that move pixels, on images to all of which they happen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

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
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1).astype(np.float32)
    move = torch.from_numpy(back.transpose(0, 2, 1).astype(np.float32)).to(images.device, non_blocking=True)
    grid = torch.from_numpy(places).to(images.device, non_blocking=True) @ move
    color = _on(images, np.array(fill)).float()
    source = images.float()
    if border == "constant":
        source = source.sub_(color)  # beyond the image `grid_sample` knows nothing but zero
    warped = functional.grid_sample(
        source.permute(0, 3, 1, 2),
        grid.view(len(images), height, width, 2),
        padding_mode=_PADDING[border],
        align_corners=True,
    ).permute(0, 2, 3, 1)
    if border == "constant":
        warped = warped + color
    return warped.round().to(torch.uint8, memory_format=torch.contiguous_format)


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
    across, down = _places(width, images), _places(height, images)
    rows = _on(images, draws.values["top"])[:, None] - padding + down
    columns = _on(images, draws.values["left"])[:, None] - padding + across
    if border == "constant":
        inside = _within(rows, height)[:, :, None] & _within(columns, width)[:, None, :]
    rows, columns = _brought_inside(rows, height, border), _brought_inside(columns, width, border)
    places = (_places(count, images)[:, None, None] * height + rows[:, :, None]) * width + columns[:, None, :]
    cropped = images.reshape(-1, channels).index_select(0, places.view(-1)).view(images.shape)
    if border == "constant":
        return torch.where(inside.unsqueeze(3), cropped, _levels(fill, images))
    return cropped


def coarse_dropout(images: Tensor, draws: Draws, fill: Sequence[float]) -> Tensor:
    """Covers the drawn rectangles.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a CoarseDropout, for these images.
        fill: levels in 0..255 of what is covered.
    """
    height, width = images.shape[1:3]
    left, top, right, bottom = _on(images, draws.values["holes"])[..., None].unbind(2)
    down, across = _places(height, images), _places(width, images)
    rows, columns = (down >= top) & (down < bottom), (across >= left) & (across < right)
    hidden = (rows[..., :, None] & columns[..., None, :]).any(dim=1)
    return torch.where(hidden.unsqueeze(3), _levels(fill, images), images)


def _on(images: Tensor, values: NDArray[np.generic]) -> Tensor:
    """Whole numbers where the images are.

    What goes there is a few numbers an image, never one a pixel: a large transfer from ordinary memory waits for the
    device, and the host could no longer run ahead of it.
    """
    return torch.from_numpy(values.astype(np.int64)).to(images.device, non_blocking=True)


def _places(count: int, images: Tensor) -> Tensor:
    return torch.arange(count, device=images.device)


def _levels(fill: Sequence[float], images: Tensor) -> Tensor:
    return _on(images, np.rint(fill)).to(torch.uint8)


def _within(places: Tensor, side: int) -> Tensor:
    return (places >= 0) & (places < side)


def _brought_inside(places: Tensor, side: int, border: Border) -> Tensor:
    """The pixel that is seen at a place beyond the image."""
    if border == "reflect":
        places = places.abs()
        return torch.where(places >= side, 2 * (side - 1) - places, places)
    return places.clamp(0, side - 1)
