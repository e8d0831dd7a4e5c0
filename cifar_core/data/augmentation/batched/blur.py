"""Gaussian blur, each image with a bell of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched.moving import on_device_of
from cifar_core.data.augmentation.batched.neighbours import along_both_axes
from cifar_core.data.augmentation.draws import Draws


def gaussian_blur(images: Tensor, draws: Draws) -> Tensor:
    """Blurs along both axes; beyond the border the image is mirrored about its outermost pixels, as OpenCV does.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a GaussianBlur, for these images.
    """
    kernels = _kernels(draws.values["sigma"].astype(np.float64), draws.values["kernel_size"].astype(np.int64))
    weights = on_device_of(images, kernels.astype(np.float32)).T[:, :, None, None]
    blurred = along_both_axes(images, kernels.shape[1] // 2, partial(_weighted_sum, weights=weights))
    return blurred.round_().clamp_(0, 255).to(torch.uint8).view(images.shape)


def _weighted_sum(parts: Sequence[Tensor], weights: Tensor) -> Tensor:
    total = parts[0] * weights[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        total.addcmul_(part, weight)
    return total


def _kernels(sigma: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """[N, K]: bells, of which only the inner `size` count; K is the widest."""
    reach = int(size.max()) // 2
    away = np.abs(np.arange(-reach, reach + 1))
    # A kernel of one pixel has no deviation, and none is needed.
    bells = np.exp(-0.5 * (away / np.where(sigma > 0, sigma, 1.0)[:, None]) ** 2)
    bells[away > size[:, None] // 2] = 0
    kernels: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return kernels
