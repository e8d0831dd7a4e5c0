"""Each pixel combined with those around it, first along its row and then along its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cifar_core.data.augmentation.batched.moving import on_device_of


def along_both_axes(images: Tensor, reach: int, combine: Callable[[Sequence[Tensor]], Tensor]) -> Tensor:
    """Combines pixels; beyond the border the image is mirrored about its outermost pixels, as OpenCV does.

    It is no convolution, which a GPU may compute with fewer bits than float32 has.

    Args:
        images: uint8 [N, H, W, C].
        reach: how many pixels to each side are seen.
        combine: is given 1 + 2 * reach images, float32 [N, H, W * C], at each pixel of which stands its neighbour, from
            the farthest before it to the farthest after it.

    Returns:
        float32 [N, H, W * C].
    """
    height, width, channels = images.shape[1:]
    taps = range(2 * reach + 1)
    beside = images.float().index_select(2, on_device_of(images, _mirrored(width, reach))).flatten(2)
    across = combine([beside.narrow(2, channels * tap, channels * width) for tap in taps])
    above = across.index_select(1, on_device_of(images, _mirrored(height, reach)))
    return combine([above.narrow(1, tap, height) for tap in taps])


def _mirrored(side: int, reach: int) -> NDArray[np.int64]:
    """[side + 2 * reach]: the pixels of a side with those seen beyond its ends."""
    return np.pad(np.arange(side), reach, mode="reflect")
