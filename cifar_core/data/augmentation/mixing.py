"""Mixup and CutMix carried out: images of a batch mixed in pairs, and their classes in the same shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cifar_core.data.augmentation.mixers import CutMix, Mixer, MixUp
from cifar_core.data.datasets import IMAGE_SIZE

UNMIXED, MIXED_UP, CUT_IN = 0, 1, 2
"""Of an image: left alone, by mixup, by CutMix."""


@dataclass(frozen=True, slots=True)
class MixDraws:
    """How the N images of a batch are mixed."""

    kind: NDArray[np.int8]
    """[N]: `UNMIXED`, `MIXED_UP` or `CUT_IN`."""
    partners: NDArray[np.int64]
    """[N]: position in the batch of the other image; the image's own where it is left alone."""
    shares: NDArray[np.float32]
    """[N], in 0..1: the image's own part; 1 where it is left alone."""
    boxes: NDArray[np.int64]
    """[N, 4]: left, top, right, bottom of what CutMix pastes, in pixels, the last two excluded; zeros elsewhere."""


def draw_mix(batch: Sequence[Mixer], count: int, seed: int, size: int = IMAGE_SIZE) -> MixDraws:
    """Draws for a batch.

    Args:
        batch: the mixers of a spec; of two, each image takes one by the toss of a fair coin.
        count: images of the batch; a single one finds no partner and is left alone.
        seed: decides every draw.
        size: side of the images, in pixels.
    """
    generator = np.random.default_rng(seed)
    draws = MixDraws(
        kind=np.zeros(count, dtype=np.int8),
        partners=np.arange(count),
        shares=np.ones(count, dtype=np.float32),
        boxes=np.zeros((count, 4), dtype=np.int64),
    )
    if not batch or count < 2:
        return draws
    chosen = generator.integers(0, len(batch), count)
    # Any other image with equal chance: a step of 1 to count - 1 around the batch.
    partners = (np.arange(count) + generator.integers(1, count, count)) % count
    for number, mixer in enumerate(batch):
        happens = (generator.random(count) < mixer.p) & (chosen == number)
        shares = generator.beta(mixer.alpha, mixer.alpha, count)
        if isinstance(mixer, CutMix):
            boxes, shares = _boxes(shares, size, generator)
            draws.boxes[happens] = boxes[happens]
        draws.kind[happens] = MIXED_UP if isinstance(mixer, MixUp) else CUT_IN
        draws.partners[happens] = partners[happens]
        draws.shares[happens] = shares[happens]
    return draws


def _boxes(
    shares: NDArray[np.float64], size: int, generator: Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rectangles [N, 4] that would leave these shares, cut at the border; and the shares that they really leave."""
    sides = np.rint(size * np.sqrt(1 - shares)).astype(np.int64)
    # A centre anywhere in the image, as in the paper: near the border a part of the rectangle falls off.
    low = generator.integers(0, size, (2, len(shares))) - sides // 2
    left, top = low.clip(0, size)
    right, bottom = (low + sides).clip(0, size)
    return np.stack([left, top, right, bottom], axis=1), 1 - (right - left) * (bottom - top) / size**2


def mix_images(images: Tensor, draws: MixDraws) -> Tensor:
    """Mixes a batch.

    Args:
        images: uint8 [N, H, W, C], on any device; they are not changed.
        draws: for N images.

    Returns:
        uint8 [N, H, W, C] on the same device; `images` itself where none is mixed.
    """
    if not draws.kind.any():
        return images
    others = images.index_select(0, _on(images, draws.partners))
    mixed = images
    if (draws.kind == MIXED_UP).any():
        # Shares of 1 leave those alone that mixup does not happen to.
        shares = np.where(draws.kind == MIXED_UP, draws.shares, np.float32(1))
        own = _on(images, shares)[:, None, None, None]
        mixed = torch.lerp(others.float(), images.float(), own).round_().to(torch.uint8)
    if (draws.kind == CUT_IN).any():
        left, top, right, bottom = _on(images, draws.boxes)[:, :, None].unbind(1)
        down, across = (torch.arange(side, device=images.device) for side in images.shape[1:3])
        rows, columns = (down >= top) & (down < bottom), (across >= left) & (across < right)
        mixed = torch.where((rows[:, :, None] & columns[:, None, :]).unsqueeze(3), others, mixed)
    return mixed


def mix_targets(targets: Tensor, draws: MixDraws, num_classes: int) -> Tensor:
    """What an answer should be: the classes of both images, each with its share.

    Args:
        targets: int64 [N], on any device.
        draws: for N images.
        num_classes: of the data set.

    Returns:
        float32 [N, num_classes]; each row sums to 1.
    """
    own = functional.one_hot(targets, num_classes).float()
    others = own.index_select(0, _on(targets, draws.partners))
    return torch.lerp(others, own, _on(targets, draws.shares)[:, None])


def _on(tensor: Tensor, values: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(values).to(tensor.device, non_blocking=True)
