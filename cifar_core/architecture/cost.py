"""Parameters and multiply-accumulates (MACs), counted from the spec alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import Branch, GateStep, MapStep, NormStep, Pool


def layer_params(layer: Layer) -> int:
    """Learned numbers of one layer: weights, bias, the scale and shift of its norms, and its gates."""
    node = layer.node
    if isinstance(node, Pool):
        return 0
    total = 0 if isinstance(node, Branch) else _weights(layer) + (layer.out_channels if node.bias else 0)
    for step, channels in _steps_with_channels(layer):
        if isinstance(step, NormStep):
            total += 2 * channels
        elif isinstance(step, GateStep):
            total += 2 * channels * step.hidden_channels + step.hidden_channels + channels
    return total


def layer_macs(layer: Layer) -> int:
    """Multiply-accumulates of one layer for one image: convolutions and linear layers, padded positions counted.

    Those of gates included. `torch.utils.flop_counter` counts two operations per MAC.
    """
    if isinstance(layer.node, Pool):
        return 0
    return cell_macs(layer) * layer.n_out**2 + gate_macs(layer)


def cell_macs(layer: Layer) -> int:
    """MACs spent on one cell of the output map."""
    return 0 if isinstance(layer.node, Pool | Branch) else _weights(layer)


def gate_macs(layer: Layer) -> int:
    """MACs of the layer's gates, which work on one averaged cell."""
    return sum(
        2 * channels * step.hidden_channels
        for step, channels in _steps_with_channels(layer)
        if isinstance(step, GateStep)
    )


def num_params(layers: Sequence[Layer]) -> int:
    """Learned numbers of the whole network."""
    return sum(map(layer_params, layers))


def num_macs(layers: Sequence[Layer]) -> int:
    """Multiply-accumulates of the whole network for one image."""
    return sum(map(layer_macs, layers))


def _weights(layer: Layer) -> int:
    return layer.out_channels * (layer.in_channels // layer.groups) * layer.kernel_size**2


def _steps_with_channels(layer: Layer) -> Iterator[tuple[MapStep, int]]:
    """Steps before the conv or linear step work on the input's channels, those behind it on the output's."""
    if isinstance(layer.node, Pool):
        return
    channels = layer.in_channels
    for step in layer.node.steps:
        if step.step == "conv" or step.step == "linear":
            channels = layer.out_channels
        else:
            yield step, channels
