"""Gaussian blur, each image with a bell of its own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cifar_core.data.augmentation.draws import Draws


def gaussian_blur(images: Tensor, draws: Draws) -> Tensor:
    """Blurs along both axes; beyond the border the image is mirrored about its outermost pixels, as OpenCV does.

    Args:
        images: uint8 [N, H, W, 3].
        draws: of a GaussianBlur, for these images.
    """
    kernels = _kernels(draws.values["sigma"].astype(np.float64), draws.values["kernel_size"].astype(np.int64))
    return convolve(images, kernels)


def convolve(images: Tensor, kernels: NDArray[np.float64]) -> Tensor:
    """uint8 [N, H, W, 3], along both axes with the image's own kernel [N, K], K odd."""
    count, height, width, channels = images.shape
    reach = kernels.shape[1] // 2
    weights = torch.from_numpy(kernels.astype(np.float32)).to(images.device, non_blocking=True)
    weights = weights.repeat_interleave(channels, dim=0).view(count * channels, 1, 1, -1)
    # One group a channel of an image: each has its own kernel.
    rows = images.permute(0, 3, 1, 2).reshape(1, count * channels, height, width).float()
    groups = count * channels
    blurred = functional.conv2d(functional.pad(rows, (reach, reach, 0, 0), "reflect"), weights, groups=groups)
    blurred = functional.conv2d(
        functional.pad(blurred, (0, 0, reach, reach), "reflect"), weights.transpose(2, 3), groups=groups
    )
    shaped = blurred.view(count, channels, height, width).permute(0, 2, 3, 1)
    return shaped.round_().clamp_(0, 255).to(torch.uint8, memory_format=torch.contiguous_format)


def _kernels(sigma: NDArray[np.float64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """[N, K]: bells, of which only the inner `size` count; K is the widest."""
    reach = int(size.max()) // 2
    away = np.abs(np.arange(-reach, reach + 1))
    # A kernel of one pixel has no deviation, and none is needed.
    bells = np.exp(-0.5 * (away / np.where(sigma > 0, sigma, 1.0)[:, None]) ** 2)
    bells[away > size[:, None] // 2] = 0
    kernels: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return kernels
