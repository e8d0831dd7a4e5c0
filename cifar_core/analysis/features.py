"""Images as the network sees them just before it decides, and which of them lie near each other there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cifar_core.architecture.modules import Gate
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.training.evaluate import predict_logits

Features = NDArray[np.float32]
"""float32 [N, D]: one row an image."""


@dataclass(frozen=True, slots=True)
class PrincipalMap:
    """Features laid flat along the two directions in which they differ most."""

    points: NDArray[np.float32]
    """float32 [N, 2], centred on 0."""
    shares: tuple[float, float]
    """Share of the variance along each axis, in 0..1."""


def penultimate_features(
    network: TrainedNetwork, images: Tensor, should_stop: Callable[[], bool] = lambda: False
) -> Features:
    """What enters the last layer with weights, averaged over space where that is still a map.

    Args:
        network: of a run.
        images: uint8 [N, H, W, C].
        should_stop: asked between batches.

    Returns:
        float32 [N, D].

    Raises:
        StopRequested: `should_stop()` returned true between two batches.
    """
    # A copy: pages share the network, and a hook would see the images of all of them.
    own = deepcopy(network.network)
    kept: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        entering = inputs[0].float()
        kept.append((entering.mean(dim=(2, 3)) if entering.dim() == 4 else entering).cpu())

    *_, last = _weighted(own)
    last.register_forward_pre_hook(keep)
    predict_logits(own, images, network.normalize, should_stop)
    features: Features = torch.cat(kept).numpy()
    return features


def _weighted(module: nn.Module) -> Iterator[nn.Module]:
    """Convolutions and linear layers in the network's order, without those inside a gate."""
    for child in module.children():
        if isinstance(child, nn.Conv2d | nn.Linear):
            yield child
        elif not isinstance(child, Gate):
            yield from _weighted(child)


def nearest(features: Features, position: int, count: int) -> NDArray[np.int64]:
    """Positions of the images nearest to one of them by cosine similarity, the nearest first, without itself.

    Args:
        features: float32 [N, D].
        position: of the image, in 0..N-1.
        count: how many; fewer come where there are not so many.
    """
    lengths = np.maximum(np.linalg.norm(features, axis=1), np.finfo(np.float32).tiny)
    similarity = features @ features[position] / lengths
    similarity[position] = -np.inf
    order: NDArray[np.int64] = np.argsort(-similarity, kind="stable")[: min(count, len(features) - 1)]
    return order


def principal_map(features: Features) -> PrincipalMap:
    """The first two principal components (Pearson 1901), each turned so that its largest weight is positive.

    Args:
        features: float32 [N, D], N at least 1. An axis along which nothing differs is 0 everywhere.
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    points = np.zeros((len(features), 2), dtype=np.float32)
    shares = [0.0, 0.0]
    total = float(variances.clip(0).sum())
    for axis in range(min(2, features.shape[1]) if total else 0):
        direction = directions[:, -1 - axis]
        points[:, axis] = centred @ (direction * np.sign(direction[np.argmax(np.abs(direction))]))
        shares[axis] = max(float(variances[-1 - axis]), 0.0) / total
    return PrincipalMap(points, (shares[0], shares[1]))
