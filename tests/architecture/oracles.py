"""What PyTorch says of a built network: the oracle of the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cifar_core.architecture import ArchitectureSpec, before_pooling
from cifar_core.architecture.build import CompactNetwork, build_network
from cifar_core.architecture.modules import Gate, Join

POOLS = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AvgPool2d)
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish)


def layer_modules(network: nn.Module) -> Iterator[nn.Module]:
    """The module that puts out each layer's map, in the order of the layers: main path, shortcut, join."""
    for child in network.children():
        if isinstance(child, Join):
            yield from layer_modules(child.main)
            yield from layer_modules(child.shortcut)
            yield child
        elif isinstance(child, POOLS) or any(isinstance(part, nn.Conv2d | nn.Linear) for part in child.children()):
            yield child
        elif not isinstance(child, nn.Flatten):
            yield from layer_modules(child)


@dataclass(frozen=True)
class Measured:
    """What one forward pass shows."""

    params: int
    macs: float
    shapes: tuple[tuple[int, ...], ...]
    """Of each layer's output, in order, without the batch."""
    output: tuple[int, ...]


def measure(network: CompactNetwork, spec: ArchitectureSpec) -> Measured:
    """Runs one image through the network and watches."""
    network.eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        maps, output = outputs(network, torch.zeros(1, spec.input.channels, spec.input.size, spec.input.size))
    params = sum(parameter.numel() for parameter in network.parameters())
    shapes = tuple(tuple(layer.shape[1:]) for layer in maps)
    return Measured(params, counter.get_total_flops() / 2, shapes, tuple(output.shape))


def outputs(network: nn.Module, images: Tensor) -> tuple[list[Tensor], Tensor]:
    """Each layer's output, and the network's."""
    seen: dict[nn.Module, Tensor] = {}
    modules = list(layer_modules(network))
    hooks = [m.register_forward_hook(lambda module, _, output: seen.update({module: output})) for m in modules]
    result: Tensor = network(images)
    for hook in hooks:
        hook.remove()
    return [seen[module] for module in modules], result


@dataclass(frozen=True)
class ReachedPixels:
    """The input pixels with a non-zero gradient."""

    top: int
    """First row that is reached, relative to the cell's place: its row times the jump."""
    height: int
    width: int
    share: float
    """Of the bounding box."""


def reached_pixels(spec: ArchitectureSpec, expected_field: int) -> ReachedPixels:
    """Gradient of one centre cell before the pooling, on an image too large for its borders to matter."""
    counted = before_pooling(spec.layers)
    jump = counted[-1].jump_out if counted else 1
    # Whole jumps more: the maps of paths that join then stay equal.
    size = spec.input.size + jump * -(-(2 * expected_field + 64) // jump)
    network = build_network(with_zero_padding(spec)).double()
    body = nn.Sequential(*network.body, *list(network.head)[: sum(layer.in_head for layer in counted)])
    make_linear_and_positive(body)
    image = torch.zeros(1, spec.input.channels, size, size, dtype=torch.float64, requires_grad=True)
    output = body(image)
    centre = output.shape[-1] // 2
    output[:, :, centre, centre].sum().backward()
    assert image.grad is not None
    reached = image.grad.abs().sum(dim=(0, 1)) > 0
    rows, columns = reached.any(dim=1).nonzero(), reached.any(dim=0).nonzero()
    height, width = (int(hits[-1] - hits[0]) + 1 for hits in (rows, columns))
    assert int(rows[0]) > 0
    assert int(rows[-1]) < size - 1
    return ReachedPixels(int(rows[0]) - centre * jump, height, width, int(reached.sum()) / (height * width))


def with_zero_padding(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same network without reflected or replicated borders: away from them they are alike."""
    return ArchitectureSpec.parse(_replaced(spec.model_dump(), "padding_mode", "zeros"))


def _replaced(data: Any, field: str, value: object) -> Any:
    if isinstance(data, dict):
        return {name: value if name == field else _replaced(each, field, value) for name, each in data.items()}
    return [_replaced(each, field, value) for each in data] if isinstance(data, list | tuple) else data


def make_linear_and_positive(network: nn.Module, weight: float = 1.0) -> None:
    """Convolutions get one positive weight; everything else that acts on a map goes."""
    for name, child in list(network.named_children()):
        if isinstance(child, nn.Conv2d):
            nn.init.constant_(child.weight, weight)
            if child.bias is not None:
                nn.init.zeros_(child.bias)
        elif isinstance(child, nn.Sequential | Join):
            make_linear_and_positive(child, weight)
        elif not isinstance(child, POOLS):
            setattr(network, name, nn.Identity())


def without_activations(network: nn.Module) -> nn.Module:
    """A cell that an activation happens to cut to 0 for every image would look constant."""
    for name, child in list(network.named_children()):
        if isinstance(child, ACTIVATIONS):
            setattr(network, name, nn.Identity())
        elif not isinstance(child, Gate):
            without_activations(child)
    return network


def shaken(network: CompactNetwork, seed: int) -> CompactNetwork:
    """Random weights, shifts and batch statistics in float64, in evaluation mode: nothing is 0 by chance."""
    generator = torch.Generator().manual_seed(seed)
    network.double().eval()
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                random = torch.rand(tensor.shape, generator=generator, dtype=torch.float64)
                tensor.copy_(random + 0.5 if name.endswith("running_var") else 2 * random - 1 + 0.01)
    return network
