"""ArchitectureSpec to `torch.nn.Module`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from cifar_core.architecture.layers import Layer
from cifar_core.architecture.modules import Gate, Join, LayerNorm2d
from cifar_core.architecture.names import ACTIVATION_CLASSES, flatten_name, module_name, step_name
from cifar_core.architecture.nodes import (
    ActivationStep,
    AnyNode,
    Branch,
    Conv,
    DropoutStep,
    Flatten,
    GateStep,
    Linear,
    NormStep,
    Pool,
)
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.architecture.thinned import ThinnedPointwise


class CompactNetwork(nn.Module):
    """A built spec: `body`, then `head`; its modules are named like the spec's layers ("C1_2")."""

    def __init__(self, body: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, num_classes] for float images [N, channels, size, size]."""
        logits: Tensor = self.head(self.body(images)).flatten(1)
        return logits


def build_network(spec: ArchitectureSpec) -> CompactNetwork:
    """Builds the network with PyTorch's default initialisation, drawn from the global generator."""
    layers = iter(spec.layers)
    return CompactNetwork(_sequence(spec.nodes, layers), _sequence(spec.head, layers))


def build_seeded(spec: ArchitectureSpec, seed: int) -> CompactNetwork:
    """Builds with initial weights that depend on `seed` alone, and leaves the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build_network(spec)


def _sequence(nodes: Sequence[AnyNode], layers: Iterator[Layer]) -> nn.Sequential:
    """Modules of some nodes; `layers` gives theirs in the order of `trace_layers`: main, shortcut, then the join."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for node in nodes:
        if isinstance(node, Flatten):
            modules[flatten_name(modules)] = nn.Flatten()
        elif isinstance(node, Branch):
            main, shortcut = _sequence(node.main, layers), _sequence(node.shortcut, layers)
            join = next(layers)
            modules[module_name(join, modules)] = Join(main, shortcut, node.combine, build_layer(join))
        else:
            layer = next(layers)
            modules[module_name(layer, modules)] = build_layer(layer)
    return nn.Sequential(modules)


def build_layer(layer: Layer) -> nn.Module:
    """One layer of the spec with the steps around it; of a join, the steps behind it."""
    node = layer.node
    if isinstance(node, Pool):
        return _pool(node)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels, spatial = layer.in_channels, not isinstance(node, Linear)
    for step in node.steps:
        name = step_name(step, modules)
        if isinstance(step, NormStep):
            modules[name] = _norm(step, channels, spatial)
        elif isinstance(step, ActivationStep):
            modules[name] = getattr(nn, ACTIVATION_CLASSES[step.kind])()
        elif isinstance(step, DropoutStep):
            by_channel = spatial and step.kind == "channel"
            modules[name] = nn.Dropout2d(step.rate) if by_channel else nn.Dropout(step.rate)
        elif isinstance(step, GateStep):
            modules[name] = Gate(channels, step.hidden_channels)
        else:
            modules[name] = _conv(node, layer) if isinstance(node, Conv) else _linear(layer)
            channels = layer.out_channels
    return nn.Sequential(modules)


def _norm(step: NormStep, channels: int, spatial: bool) -> nn.Module:
    if step.num_groups is not None:
        return nn.GroupNorm(step.num_groups, channels)
    if step.kind == "layer":
        return LayerNorm2d(channels) if spatial else nn.LayerNorm(channels)
    return nn.BatchNorm2d(channels) if spatial else nn.BatchNorm1d(channels)


def _conv(node: Conv, layer: Layer) -> nn.Conv2d:
    is_thinned = node.kernel_size == 1 and node.stride > 1 and layer.in_channels < ThinnedPointwise.ENOUGH_CHANNELS
    return (ThinnedPointwise if is_thinned else nn.Conv2d)(
        layer.in_channels,
        layer.out_channels,
        node.kernel_size,
        stride=node.stride,
        padding=node.padding,
        dilation=node.dilation,
        groups=layer.groups,
        bias=node.bias,
        padding_mode=node.padding_mode,
    )


def _linear(layer: Layer) -> nn.Linear:
    assert isinstance(layer.node, Linear)
    return nn.Linear(layer.in_channels, layer.out_channels, bias=layer.node.bias)


def _pool(node: Pool) -> nn.Module:
    if node.kernel_size is not None:
        return nn.AvgPool2d(node.kernel_size)
    return nn.AdaptiveAvgPool2d(1) if node.kind == "adaptive_avg" else nn.AdaptiveMaxPool2d(1)
