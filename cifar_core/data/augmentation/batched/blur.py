"""Gaussian blur, each image with a bell of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched.moving import on_device_of
from cifar_core.data.augmentation.draws import Draws


def gaussian_blur(images: Tensor, draws: Draws) -> Tensor:
    """Blurs along both axes; beyond the border the image is mirrored about its outermost pixels, as OpenCV does.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a GaussianBlur, for these images.
    """
    kernels = _kernels(draws.values["sigma"].astype(np.float64), draws.values["kernel_size"].astype(np.int64))
    return _blurred(images, kernels)


def _blurred(images: Tensor, kernels: NDArray[np.float64]) -> Tensor:
    """uint8 [N, H, W, 3], along both axes with the image's own kernel [N, K], K odd."""
    height, width, channels = images.shape[1:]
    reach = kernels.shape[1] // 2
    weights = on_device_of(images, kernels.astype(np.float32)).T[:, :, None, None]
    # Not by a convolution, which a GPU may compute with fewer bits.
    beside = images.float().index_select(2, on_device_of(images, _mirrored(width, reach))).flatten(2)
    across = _weighted_sum(
        [beside.narrow(2, channels * tap, channels * width) for tap in range(2 * reach + 1)], weights
    )
    above = across.index_select(1, on_device_of(images, _mirrored(height, reach)))
    blurred = _weighted_sum([above.narrow(1, tap, height) for tap in range(2 * reach + 1)], weights)
    return blurred.round_().clamp_(0, 255).to(torch.uint8).view(images.shape)


def _weighted_sum(shifted: Sequence[Tensor], weights: Tensor) -> Tensor:
    total = shifted[0] * weights[0]
    for part, weight in zip(shifted[1:], weights[1:], strict=True):
        total.addcmul_(part, weight)
    return total


def _mirrored(side: int, reach: int) -> NDArray[np.int64]:
    """[side + 2 * reach]: the pixels of a side with those seen beyond its ends."""
    return np.pad(np.arange(side), reach, mode="reflect")


def _kernels(sigma: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """[N, K]: bells, of which only the inner `size` count; K is the widest."""
    reach = int(size.max()) // 2
    away = np.abs(np.arange(-reach, reach + 1))
    # A kernel of one pixel has no deviation, and none is needed.
    bells = np.exp(-0.5 * (away / np.where(sigma > 0, sigma, 1.0)[:, None]) ** 2)
    bells[away > size[:, None] // 2] = 0
    kernels: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return kernels
