"""Images on the way to the network: order, augmentation, transfer, normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from cifar_core.protocol import EpochSplit
from cifar_core.training.schedule import augmentation_strength
from cifar_core.training.seeds import derive_seed
from cifar_core.training.spec import TrainingSpec
from cifar_core.training.steps import num_batches

Augment = Callable[[Tensor, Tensor, int, float], tuple[Tensor, Tensor]]
"""(uint8 images [N, H, W, C], int64 targets [N], seed, strength in 0..1) -> images of the same shape, and what an
answer should be: the targets, or a class's share of it, float32 [N, num_classes]."""


@dataclass(frozen=True, slots=True)
class TensorImages:
    """Images with their classes as tensors."""

    images: Tensor
    """uint8 [N, H, W, C]."""
    targets: Tensor
    """int64 [N]."""

    def __len__(self) -> int:
        return len(self.targets)

    def to(self, device: torch.device) -> TensorImages:
        """The same on a device; the same memory where it is there already."""
        return TensorImages(self.images.to(device), self.targets.to(device))


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a run reads while it trains."""

    train: TensorImages
    evaluation: TensorImages
    """Evaluated after every epoch."""
    evaluation_split: EpochSplit
    mean: tuple[float, float, float]
    """Of the training images by channel, in 0..1."""
    std: tuple[float, float, float]


class Normalize:
    """uint8 [N, H, W, C] on any device to float32 [N, C, H, W], mean 0 and deviation 1, channels_last in memory."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> None:
        self._mean = torch.tensor(mean, device=device).mul(255)
        self._scale = torch.tensor(std, device=device).mul(255).reciprocal()
        self.device = device

    def __call__(self, images: Tensor) -> Tensor:
        """Moves to the device as bytes and computes there; NHWC permuted is channels_last without a copy."""
        moved = images.to(self.device, non_blocking=True)
        return moved.float().sub_(self._mean).mul_(self._scale).permute(0, 3, 1, 2)


def training_batches(
    data: TensorImages, spec: TrainingSpec, epoch: int, augment: Augment
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of augmented (images, targets), in an order that depends on the spec's seed and the epoch alone.

    They come from where the data is: images that lie on a GPU are gathered and augmented there.
    """
    generator = torch.Generator().manual_seed(derive_seed(spec.seed, "order", epoch))
    order = torch.randperm(len(data), generator=generator).to(data.images.device)
    mirrored = _mirrored(data, spec.seed, epoch) if spec.alternate_flips else None
    strength = augmentation_strength(spec, epoch)
    for batch in range(num_batches(len(data), spec.batch_size)):
        chosen = order[batch * spec.batch_size : (batch + 1) * spec.batch_size]
        images = data.images[chosen]
        if mirrored is not None:
            images = torch.where(mirrored[chosen, None, None, None], images.flip(2), images)
        yield augment(images, data.targets[chosen], derive_seed(spec.seed, "augmentation", epoch, batch), strength)


def _mirrored(data: TensorImages, seed: int, epoch: int) -> Tensor:
    """Which images are mirrored in this epoch: a random half, and in the next epoch the others; bool [N]."""
    generator = torch.Generator().manual_seed(derive_seed(seed, "mirrored"))
    first = torch.randint(2, (len(data),), generator=generator)
    return (first + epoch).remainder(2).bool().to(data.images.device)
