"""One image drawn several times by an augmentation: does the network stay with its answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cifar_core.data.augmentation import AugmentationSpec
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.datasets import Images
from cifar_core.runs.evaluation import TrainedNetwork


@dataclass(frozen=True, slots=True)
class Variants:
    """Draws of one image, and what the network said of each."""

    images: Images
    """uint8 [count, size, size, 3]."""
    probabilities: NDArray[np.float32]
    """float32 [count, num_classes]."""
    original: NDArray[np.float32]
    """float32 [num_classes], of the image as it is."""

    @property
    def same_answer(self) -> NDArray[np.bool_]:
        """Bool [count]: whether the most probable class is that of the image itself."""
        same: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.original.argmax()
        return same

    @property
    def stability(self) -> float:
        """Share of the draws with the same answer, in 0..1."""
        return float(self.same_answer.mean())


def predict_variants(
    network: TrainedNetwork,
    image: Images,
    augmentation: AugmentationSpec,
    mean: Sequence[float],
    count: int = 8,
    seed: int = 0,
) -> Variants:
    """Draws an image and lets the network answer.

    Args:
        network: of a run.
        image: uint8 [size, size, 3].
        augmentation: usually the run's.
        mean: of the data set by channel, in 0..1: the colour that `fill="mean"` stands for.
        count: draws, at least 1.
        seed: decides every draw.
    """
    drawn = AlbumentationsPipeline(augmentation, mean)(np.repeat(image[None], count, axis=0), seed)
    probabilities = network.probabilities(torch.from_numpy(np.concatenate([image[None], drawn]))).numpy()
    return Variants(drawn, probabilities[1:], probabilities[0])
