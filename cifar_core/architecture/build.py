"""ArchitectureSpec to `torch.nn.Module`."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from cifar_core.architecture.geometry import Layer
from cifar_core.architecture.nodes import ActivationStep, Conv, DropoutStep, Linear, NormStep, Pool
from cifar_core.architecture.spec import ArchitectureSpec

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


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
    body: OrderedDict[str, nn.Module] = OrderedDict()
    head: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in spec.layers:
        if isinstance(layer.node, Linear) and "flatten" not in head:
            head["flatten"] = nn.Flatten()
        part = head if layer.in_head else body
        name = layer.name.replace(".", "_")
        while name in part:  # a label may hold "." or "_" itself: "C1.2" then "C1_2"
            name += "_"
        part[name] = build_layer(layer)
    return CompactNetwork(nn.Sequential(body), nn.Sequential(head))


def build_layer(layer: Layer) -> nn.Module:
    """One layer of the spec with the steps around it."""
    node = layer.node
    if isinstance(node, Pool):
        return _pool(node)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    channels, spatial = layer.in_channels, isinstance(node, Conv)
    for step in node.steps:
        name = step.step if step.step not in modules else f"{step.step}_{len(modules)}"
        if isinstance(step, NormStep):
            modules[name] = nn.BatchNorm2d(channels) if spatial else nn.BatchNorm1d(channels)
        elif isinstance(step, ActivationStep):
            modules[name] = _ACTIVATIONS[step.kind]()
        elif isinstance(step, DropoutStep):
            by_channel = spatial and step.kind == "channel"
            modules[name] = nn.Dropout2d(step.rate) if by_channel else nn.Dropout(step.rate)
        else:
            modules[name] = _conv(node, layer) if isinstance(node, Conv) else _linear(node, layer)
            channels = layer.out_channels
    return nn.Sequential(modules)


def _conv(node: Conv, layer: Layer) -> nn.Conv2d:
    return nn.Conv2d(
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


def _linear(node: Linear, layer: Layer) -> nn.Linear:
    return nn.Linear(layer.in_channels, layer.out_channels, bias=node.bias)


def _pool(node: Pool) -> nn.Module:
    if node.kernel_size is not None:
        return nn.AvgPool2d(node.kernel_size)
    return nn.AdaptiveAvgPool2d(1) if node.kind == "adaptive_avg" else nn.AdaptiveMaxPool2d(1)


def build_seeded(spec: ArchitectureSpec, seed: int) -> CompactNetwork:
    """Builds with initial weights that depend on `seed` alone, and leaves the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build_network(spec)
