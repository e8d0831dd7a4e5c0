"""Mixup and cutmix: what is drawn for a batch, and what becomes of its images and of their classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cifar_core.data.augmentation.batched.moving import on_device_of
from cifar_core.data.augmentation.mixers import CutMix, Mixer
from cifar_core.data.datasets import IMAGE_SIZE

NO_MIX, MIXUP, CUTMIX = 0, 1, 2
"""What can happen to an image, as `MixDraws.kind` tells it."""
_STREAM = 1
"""Keeps these draws apart from those that the transforms make from the same seed: an image must not be mixed exactly
when it is flipped."""


@dataclass(frozen=True, slots=True)
class MixDraws:
    """Which images of a batch of N are mixed with which, and how."""

    kind: NDArray[np.int8]
    """[N]: `NO_MIX`, `MIXUP` or `CUTMIX`."""
    partners: NDArray[np.int64]
    """[N]: position in the batch of the image that is mixed in; the image's own where none is."""
    shares: NDArray[np.float32]
    """[N], in 0..1: what the image keeps of itself, and its class of the answer; 1 where nothing is mixed in."""
    boxes: NDArray[np.int64]
    """[N, 4]: left, top, right, bottom of what is pasted, in pixels, the last two excluded; zeros without cutmix."""

    def __len__(self) -> int:
        return len(self.kind)


def draw_mix(batch: tuple[Mixer, ...], count: int, seed: int, size: int = IMAGE_SIZE) -> MixDraws:
    """Draws for the images of a batch; a batch of one has nobody to be mixed with.

    Args:
        batch: of an AugmentationSpec. Of two mixers, each image takes one by the toss of a coin, and then the chance of
            that one decides whether it happens.
        count: images in the batch, 0 or more.
        seed: decides every draw; the same as the transforms' may be given.
        size: side of the images in pixels.

    Raises:
        ValueError: a negative count, a size below 1, or more than two mixers.
    """
    if count < 0 or size < 1 or len(batch) > 2:
        raise ValueError(f"{len(batch)} mixers for {count} images of side {size} cannot be drawn")
    draws = MixDraws(
        kind=np.full(count, NO_MIX, dtype=np.int8),
        partners=np.arange(count),
        shares=np.ones(count, dtype=np.float32),
        boxes=np.zeros((count, 4), dtype=np.int64),
    )
    if not batch or count < 2:
        return draws
    generator = np.random.default_rng((seed, _STREAM))
    coin = generator.integers(len(batch), size=count)
    partners = (np.arange(count) + generator.integers(1, count, count)) % count
    for side, mixer in enumerate(batch):
        happens = (coin == side) & (generator.random(count) < mixer.p)
        shares = generator.beta(mixer.alpha, mixer.alpha, count)
        if isinstance(mixer, CutMix):
            boxes = _boxes(shares, size, generator)
            draws.boxes[happens] = boxes[happens]
            shares = 1 - (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / size**2
        draws.kind[happens] = CUTMIX if isinstance(mixer, CutMix) else MIXUP
        draws.partners[happens], draws.shares[happens] = partners[happens], shares[happens]
    return draws


def _boxes(shares: NDArray[np.float64], size: int, generator: Generator) -> NDArray[np.int64]:
    """Squares that leave a share of the image, centred anywhere in it and cut at its border (Yun and others 2019)."""
    sides = np.rint(size * np.sqrt(1 - shares)).astype(np.int64)[:, None]
    low = generator.integers(size, size=(len(shares), 2)) - sides // 2
    return np.concatenate([low, low + sides], axis=1).clip(0, size)


def mix_images(images: Tensor, draws: MixDraws) -> Tensor:
    """Mixes the images of a batch, each with another as it was before.

    Args:
        images: uint8 [N, H, W, C], on any device; they are not changed, and the device is not waited for.
        draws: for N images of this size.

    Returns:
        uint8 [N, H, W, C] on the same device; `images` itself where nothing is mixed.

    Raises:
        ValueError: the images are not uint8, or the draws are for another number of them.
    """
    if images.dtype != torch.uint8 or len(images) != len(draws):
        raise ValueError(f"draws for {len(draws)} uint8 images cannot mix {len(images)} of {images.dtype}")
    if not draws.kind.any():
        return images
    others, mixed = images.index_select(0, on_device_of(images, draws.partners)), images
    if (draws.kind == MIXUP).any():
        # A share of 1 leaves those alone that mixup does not happen to.
        shares = np.where(draws.kind == MIXUP, draws.shares, np.float32(1))
        own = on_device_of(images, shares).view(-1, 1, 1, 1)
        mixed = torch.lerp(others.float(), images.float(), own).round_().to(torch.uint8)
    if (draws.kind == CUTMIX).any():
        mixed = torch.where(_inside(on_device_of(images, draws.boxes), images), others, mixed)
    return mixed


def mix_targets(targets: Tensor, draws: MixDraws, num_classes: int) -> Tensor:
    """The answers for a mixed batch: each class weighs as much as there is of it in the image.

    Args:
        targets: int64 [N], in 0 .. num_classes - 1, on any device, which is not waited for.
        draws: those by which the images were mixed.
        num_classes: C, 1 or more.

    Returns:
        float32 [N, C] on the same device; every row sums to 1.

    Raises:
        ValueError: there is no class, or the draws are for another number of images.
    """
    if num_classes < 1 or len(targets) != len(draws):
        raise ValueError(f"draws for {len(draws)} images cannot mix {len(targets)} targets of {num_classes} classes")
    own = functional.one_hot(targets, num_classes).float()
    others = own.index_select(0, on_device_of(targets, draws.partners))
    return torch.lerp(others, own, on_device_of(targets, draws.shares)[:, None])


def _inside(boxes: Tensor, images: Tensor) -> Tensor:
    """Which pixels of each image lie in its box: bool [N, H, W, 1]."""
    left, top, right, bottom = boxes[:, :, None].unbind(1)
    down, across = (torch.arange(side, device=images.device) for side in images.shape[1:3])
    rows, columns = (down >= top) & (down < bottom), (across >= left) & (across < right)
    return (rows[:, :, None] & columns[:, None, :]).unsqueeze(3)
