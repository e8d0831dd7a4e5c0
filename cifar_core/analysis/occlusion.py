"""What a network relied on: parts of an image are covered, and its probability is watched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cifar_core.data.datasets import Images
from cifar_core.errors import SpecError
from cifar_core.runs.evaluation import TrainedNetwork


def occlusion_map(
    network: TrainedNetwork,
    image: Images,
    target: int,
    patch: int = 8,
    stride: int = 4,
    fill: Sequence[float] = (0.5, 0.5, 0.5),
) -> NDArray[np.float32]:
    """By how much a class loses probability where the image is covered (Zeiler and Fergus, ECCV 2014).

    A square is moved over the image in steps, the last one flush with the far edge. Each pixel gets the mean drop over
    the squares that covered it; it is negative where covering helps the class.

    Args:
        network: of a run.
        image: uint8 [size, size, 3].
        target: the class whose probability is watched.
        patch: side of the square, in pixels.
        stride: pixels between squares, at most `patch`, so that no pixel is left out.
        fill: what covers: a colour in 0..1, usually the data set's mean.

    Returns:
        float32 [size, size], each in -1..1.

    Raises:
        SpecError: `patch` or `stride` is out of range.
    """
    size = len(image)
    if not 1 <= stride <= patch <= size:
        raise SpecError(f"stride is {stride} and patch {patch}: 1 <= stride <= patch <= {size} is allowed.")
    starts = [*range(0, size - patch, stride), size - patch]
    squares = [(slice(top, top + patch), slice(left, left + patch)) for top in starts for left in starts]
    batch = np.repeat(image[None], 1 + len(squares), axis=0)
    colour = np.rint(255 * np.asarray(fill)).astype(np.uint8)
    for covered, square in zip(batch[1:], squares, strict=True):
        covered[square] = colour
    probabilities = network.probabilities(torch.from_numpy(batch)).numpy()[:, target]
    drops, times = np.zeros((size, size)), np.zeros((size, size))
    for probability, square in zip(probabilities[1:], squares, strict=True):
        drops[square] += probabilities[0] - probability
        times[square] += 1
    return (drops / times).astype(np.float32)
