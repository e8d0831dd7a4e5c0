"""Between the host, which draws, and the device, which holds the images; and between a batch and groups of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def on_device_of(images: Tensor, values: NDArray[np.generic]) -> Tensor:
    """An array of the host where the images are, without waiting for that device.

    A GPU copies from page-locked memory while the host goes on; from any other, the host may have to wait.
    """
    held = torch.from_numpy(np.ascontiguousarray(values))
    if images.device.type == "cpu":
        return held
    if images.device.type == "cuda":
        held = held.pin_memory()
    return held.to(images.device, non_blocking=True)


def by_group(
    images: Tensor, groups: NDArray[np.generic], change: Callable[[int, Tensor, NDArray[np.intp]], Tensor]
) -> Tensor:
    """Changes the images of each group together.

    Args:
        images: [N, ...], which are not changed.
        groups: [N]: the number of each image's group.
        change: is given the number of a group, its images, and their positions; returns as many images.

    Returns:
        [N, ...] in the old order.
    """
    if len(images) == 0:
        return images
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups.astype(np.intp))
    numbers = np.flatnonzero(sizes)
    if len(numbers) == 1:
        return change(numbers[0].item(), images, order)
    # Whole images are copied in runs: far quicker than writing each to its place.
    parts = torch.split(images.index_select(0, on_device_of(images, order)), sizes[numbers].tolist())
    places = np.split(order, np.cumsum(sizes[numbers])[:-1])
    changed = torch.cat([change(*group) for group in zip(numbers.tolist(), parts, places, strict=True)])
    return changed.index_select(0, on_device_of(images, np.argsort(order)))
