"""Tables of 256 levels, one an image or one a channel of each image: what many changes of colour come down to."""

from __future__ import annotations

import torch
from torch import Tensor

LEVELS = 256


def look_up(images: Tensor, tables: Tensor) -> Tensor:
    """Replaces every level by what its image's table has there.

    Args:
        images: uint8 [N, H, W, C]; with one table an image, the axes behind the first may be any.
        tables: uint8 [N, 256], or [N, C, 256] with one for each channel.
    """
    count, channels = len(images), images.shape[-1]
    if tables.dim() == 2:
        places = images.reshape(count, -1).long()
        return tables.gather(1, places).view(images.shape)
    offsets = LEVELS * torch.arange(channels, device=images.device)
    places = images.reshape(count, -1, channels) + offsets
    return tables.reshape(count, -1).gather(1, places.view(count, -1)).view(images.shape)


def linear_table(factors: Tensor, added: Tensor) -> Tensor:
    """uint8 [N, 256]: each level times a factor plus an amount, cut off like a cast to bytes.

    Args:
        factors: float32 [N].
        added: float32 [N], levels.
    """
    levels = torch.arange(LEVELS, dtype=torch.float32, device=factors.device)
    return (levels * factors[:, None] + added[:, None]).clamp_(0, 255).to(torch.uint8)


def posterize_table(bits: Tensor) -> Tensor:
    """uint8 [N, 256]: only the highest bits kept.

    Args:
        bits: float32 [N], whole numbers from 1 to 8.
    """
    step = 2 ** (8 - bits.round().long())
    levels = torch.arange(LEVELS, device=bits.device)
    return (levels // step[:, None] * step[:, None]).to(torch.uint8)


def solarize_table(thresholds: Tensor) -> Tensor:
    """uint8 [N, 256]: levels from the threshold on turned upside down.

    Args:
        thresholds: float64 [N], in levels: albumentations compares in double precision.
    """
    levels = torch.arange(LEVELS, device=thresholds.device)
    return torch.where(levels >= thresholds[:, None], 255 - levels, levels).to(torch.uint8)


def histograms(images: Tensor) -> Tensor:
    """Pixels of each level: int64 [N, C, 256]."""
    count, _, _, channels = images.shape
    by_channel = images.reshape(count, -1, channels).transpose(1, 2).long()
    counted = torch.zeros((count, channels, LEVELS), dtype=torch.int64, device=images.device)
    return counted.scatter_add_(2, by_channel, torch.ones_like(by_channel))


def autocontrast_table(images: Tensor) -> Tensor:
    """uint8 [N, C, 256]: each channel stretched over all levels, as albumentations does by its method "pil".

    Level 255 is left out where the darkest and the brightest level are looked for: OpenCV's histogram over 0 to 255
    excludes its upper end.
    """
    seen = histograms(images)[..., : LEVELS - 1] > 0
    levels = torch.arange(LEVELS, dtype=torch.float64, device=images.device)
    low = seen.int().argmax(dim=2).double()
    high = (LEVELS - 2 - seen.flip(2).int().argmax(dim=2)).double()
    # A channel of one level stays as it is; so does one of which nothing lies below 255.
    stretched = seen.any(dim=2) & (high > low)
    # Not 255 / ..., which PyTorch computes by a reciprocal and so rounds twice.
    scale = torch.full_like(low, 255) / (high - low).clamp(min=1)
    spread = ((levels - low[..., None]) * scale[..., None]).round_().clamp_(0, 255)
    return torch.where(stretched[..., None], spread, levels).to(torch.uint8)


def equalize_table(images: Tensor) -> Tensor:
    """uint8 [N, C, 256]: each channel's levels spread evenly, as albumentations does by its method "pil".

    Pillow itself counts the pixels below a level, albumentations those of the level too.
    """
    counted = histograms(images)
    levels = torch.arange(LEVELS, device=images.device)
    brightest = (LEVELS - 1 - counted.flip(2).gt(0).int().argmax(dim=2)).unsqueeze(2)
    step = (counted.sum(dim=2, keepdim=True) - counted.gather(2, brightest)) // 255
    one_level = (counted > 0).sum(dim=2, keepdim=True) <= 1
    spread = ((counted.cumsum(dim=2) + step // 2) // step.clamp(min=1)).clamp_(max=255)
    return torch.where(one_level | (step == 0), levels, spread).to(torch.uint8)
