"""Parameters and multiply-accumulates (MACs), counted from the spec alone."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.architecture.geometry import Layer
from cifar_core.architecture.nodes import Conv, Linear, NormStep, Pool


def layer_params(layer: Layer) -> int:
    """Learned numbers of one layer: weights, bias, and the scale and shift of its norms."""
    node = layer.node
    if isinstance(node, Pool):
        return 0
    weights = layer.out_channels * (layer.in_channels // layer.groups) * layer.kernel_size**2
    bias = layer.out_channels if node.bias else 0
    return weights + bias + _norm_params(node, layer)


def _norm_params(node: Conv | Linear, layer: Layer) -> int:
    """A norm before the conv or linear step works on the input's channels, one behind it on the output's."""
    channels, total = layer.in_channels, 0
    for step in node.steps:
        if step.step in ("conv", "linear"):
            channels = layer.out_channels
        elif isinstance(step, NormStep):
            total += 2 * channels
    return total


def layer_macs(layer: Layer) -> int:
    """Multiply-accumulates of one layer for one image: convolutions and linear layers, padded positions counted.

    `torch.utils.flop_counter` counts two operations per MAC.
    """
    if isinstance(layer.node, Pool):
        return 0
    return layer.n_out**2 * layer.out_channels * (layer.in_channels // layer.groups) * layer.kernel_size**2


def num_params(layers: Sequence[Layer]) -> int:
    """Learned numbers of the whole network."""
    return sum(map(layer_params, layers))


def num_macs(layers: Sequence[Layer]) -> int:
    """Multiply-accumulates of the whole network for one image."""
    return sum(map(layer_macs, layers))
