"""The effective receptive field: where the gradient of one cell really lies (needs torch, and weights)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cifar_core.architecture.build import CompactNetwork
from cifar_core.architecture.geometry import receptive_field
from cifar_core.architecture.layers import before_pooling
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.errors import SpecError

MAX_FIELD = 400
"""Pixels; the canvas is larger still, and a gradient through it takes memory."""
MAX_CANVAS = 1_024
"""Pixels; networks with long strides need whole jumps of them."""
MARGIN = 32
"""Pixels that the canvas has at least beyond the field, so that padding changes little inside it."""


@dataclass(frozen=True, slots=True)
class EffectiveField:
    """Where one cell of the last map before pooling looks, measured."""

    receptive_field: int
    side_50: int
    """Side, in pixels, of the smallest square around the field's centre that holds half of the squared gradient."""
    side_95: int
    """The same for 95 %."""
    density: NDArray[np.float64]
    """[receptive_field, receptive_field]: squared gradient by pixel of the field, summing to 1."""
    canvas: int
    """Side of the images that it was measured on, in pixels."""
    num_images: int


def effective_field(network: CompactNetwork, spec: ArchitectureSpec, images: Tensor, seed: int = 0) -> EffectiveField:
    """Measures the effective field of the central cell of the last map before pooling.

    Images are mirrored to a canvas larger than the field. The gradient of the cell's channels, summed with random
    signs (its expected square is the sum of the channels' squares), is squared and averaged over images and colours
    (Luo, Li, Urtasun, Zemel, NeurIPS 2016).

    Args:
        network: built from `spec`, on any device; its mode is put back.
        spec: the network's.
        images: float [N, channels, size, size], normalised as for training.
        seed: of the signs.

    Raises:
        SpecError: the field is larger than `MAX_FIELD`, or no gradient reaches the image.
    """
    field = receptive_field(spec.layers)
    if field > MAX_FIELD:
        raise SpecError(f"The receptive field is {field:,} px: it is measured up to {MAX_FIELD} px.")
    side = canvas_side(spec)
    if side > MAX_CANVAS:
        raise SpecError(
            f"The strides ask for a canvas of {side:,} px: the field is measured on up to {MAX_CANVAS:,} px."
        )
    device = next(network.parameters()).device
    canvas = _mirrored(images, side).to(device).requires_grad_()
    was_training = network.training
    network.eval()
    output: Tensor = canvas
    with torch.enable_grad():
        for module in _modules_before_pooling(network, spec):
            output = module(output)
        row = output.shape[-1] // 2
        signs = _signs(output.shape[:2], seed).to(device)
        (gradient,) = torch.autograd.grad((output[:, :, row, row] * signs).sum(), canvas)
    network.train(was_training)
    squared = gradient.double().square().mean(dim=(0, 1)).cpu().numpy()
    counted = before_pooling(spec.layers)
    # A layer's offset does not depend on the image's side.
    start = counted[-1].offset + row * counted[-1].jump_out if counted else row
    density = _normalised(squared[start : start + field, start : start + field])
    return EffectiveField(field, _side(density, 0.5), _side(density, 0.95), density, side, len(images))


def _signs(shape: torch.Size, seed: int) -> Tensor:
    return torch.randint(0, 2, shape, generator=torch.Generator().manual_seed(seed)) * 2.0 - 1


def canvas_side(spec: ArchitectureSpec) -> int:
    """A side larger than the field that differs from the image's by whole jumps: joined paths then stay equal."""
    counted = before_pooling(spec.layers)
    jump = math.lcm(1, *(layer.jump_out for layer in counted))
    missing = receptive_field(spec.layers) + 2 * MARGIN - spec.input.size
    return spec.input.size + max(0, -(-missing // jump)) * jump


def _modules_before_pooling(network: CompactNetwork, spec: ArchitectureSpec) -> Iterator[nn.Module]:
    yield from network.body
    in_head = sum(layer.in_head for layer in before_pooling(spec.layers))
    yield from list(network.head)[:in_head]


def _mirrored(images: Tensor, side: int) -> Tensor:
    """Images continued by their mirror images to a larger side, themselves in the middle."""
    size = images.shape[-1]
    start = (side - size) // 2
    place = (torch.arange(side) - start) % (2 * size)
    index = torch.where(place < size, place, 2 * size - 1 - place)
    return images[:, :, index][:, :, :, index].contiguous()


def _normalised(squared: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(squared.sum())
    if not (math.isfinite(total) and total > 0):
        raise SpecError(
            "No gradient reaches the image with these weights: every path is cut off, so train longer, or wider."
        )
    return squared / total


def _side(density: NDArray[np.float64], share: float) -> int:
    """Side of the smallest centred square that holds a share of a density that sums to 1."""
    full = len(density)
    for margin in range((full - 1) // 2, 0, -1):
        if density[margin : full - margin, margin : full - margin].sum() >= share:
            return full - 2 * margin
    return full
