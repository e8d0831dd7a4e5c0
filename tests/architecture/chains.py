"""Random valid networks, and what PyTorch says of a built one: the oracle of the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cifar_core.architecture import ArchitectureSpec, Layer
from cifar_core.architecture.build import CompactNetwork, build_layer
from cifar_core.architecture.nodes import (
    ActivationStep,
    Conv,
    ConvNodeStep,
    ConvStep,
    DropoutStep,
    Flatten,
    HeadNode,
    Linear,
    LinearStep,
    NormStep,
    Pool,
)

MAX_FIELD = 200
MAX_JUMP = 16
LEAVES = (nn.Conv2d, nn.Linear, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AvgPool2d)
HEADS: tuple[tuple[HeadNode, ...], ...] = (
    (Conv(out_channels=10, kernel_size=1), Pool()),
    (Conv(out_channels=10, kernel_size=1, padding=1, bias=True), Pool(kind="adaptive_max")),
    (Pool(), Conv(out_channels=10, kernel_size=1, bias=True)),
    (Pool(), Flatten(), Linear(out_features=10)),
    (Flatten(), Linear(out_features=6, steps=(NormStep(), LinearStep(), ActivationStep())), Linear(out_features=10)),
    (Pool(kind="avg", kernel_size=1), Flatten(), Linear(out_features=10, bias=False)),
)


@st.composite
def conv_chains(draw: st.DrawFn) -> ArchitectureSpec:
    """A chain of one to six small convolutions; its field stays within `MAX_FIELD`."""
    channels, n, jump, field = draw(st.integers(1, 4)), draw(st.integers(6, 20)), 1, 1
    image = {"channels": channels, "size": n}
    nodes: list[Conv] = []
    for _ in range(draw(st.integers(1, 6))):
        kernel, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 4))
        extent = dilation * (kernel - 1) + 1
        if field + (extent - 1) * jump > MAX_FIELD:
            break
        stride = draw(st.sampled_from([s for s in (1, 1, 2, 3) if s * jump <= MAX_JUMP]))
        least = max(0, -(-(extent - n) // 2))
        padding: int | str = draw(st.integers(least, least + 2))
        if stride == 1 and draw(st.booleans()):
            padding = "same"
        widest = (extent - 1) - (extent - 1) // 2 if isinstance(padding, str) else padding
        mode = draw(st.sampled_from(["zeros", "replicate", "reflect"] if widest < n else ["zeros", "replicate"]))
        groups: int | str = draw(st.sampled_from([1, 1, "depthwise", *(g for g in (2, 3) if channels % g == 0)]))
        fields: dict[str, object] = {"groups": groups, "padding": padding, "padding_mode": mode, "stride": stride}
        if isinstance(groups, str):
            multiplier = draw(st.integers(1, 2))
            channels *= multiplier
            fields["channel_multiplier"] = multiplier
        else:
            channels = groups * draw(st.integers(1, 6 // groups))
            fields["out_channels"] = channels
        nodes.append(
            Conv.model_validate(
                {
                    **fields,
                    "block": f"C{1 + len(nodes) // 2}",
                    "kernel_size": kernel,
                    "dilation": dilation,
                    "bias": draw(st.booleans()),
                    "steps": draw(_steps()),
                }
            )
        )
        if not isinstance(padding, str):
            n = len(range(0, n + 2 * padding - extent + 1, stride))
        jump, field = jump * stride, field + (extent - 1) * jump
    return ArchitectureSpec.model_validate({"input": image, "nodes": nodes, "head": draw(st.sampled_from(HEADS))})


@st.composite
def _steps(draw: st.DrawFn) -> tuple[ConvNodeStep, ...]:
    extra: tuple[ConvNodeStep, ...] = (
        NormStep(),
        NormStep(),
        ActivationStep(kind=draw(st.sampled_from(["relu", "gelu", "silu"]))),
        DropoutStep(kind=draw(st.sampled_from(["element", "channel"]))),
    )
    chosen: list[ConvNodeStep] = draw(st.lists(st.sampled_from(extra), max_size=4))
    chosen.insert(draw(st.integers(0, len(chosen))), ConvStep())
    return tuple(chosen)


@dataclass(frozen=True)
class Measured:
    """What one forward pass shows."""

    params: int
    macs: float
    shapes: tuple[tuple[int, ...], ...]
    """Of each convolution's, pooling's and linear layer's output, in order, without the batch."""
    output: tuple[int, ...]


def measure(network: CompactNetwork, spec: ArchitectureSpec) -> Measured:
    """Runs one image through the network and watches."""
    shapes: list[tuple[int, ...]] = []

    def remember(module: nn.Module, inputs: object, output: Tensor) -> None:
        shapes.append(tuple(output.shape[1:]))

    for module in network.modules():
        if isinstance(module, LEAVES):
            module.register_forward_hook(remember)
    network.eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        output = network(torch.zeros(1, spec.input.channels, spec.input.size, spec.input.size))
    params = sum(parameter.numel() for parameter in network.parameters())
    return Measured(params, counter.get_total_flops() / 2, tuple(shapes), tuple(output.shape))


@dataclass(frozen=True)
class ReachedPixels:
    """The input pixels with a non-zero gradient."""

    height: int
    width: int
    share: float
    """Of the bounding box."""


def reached_pixels(spec: ArchitectureSpec, expected_field: int) -> ReachedPixels:
    """Gradient of one centre cell before the pooling, on an image too large for its borders to matter."""
    size = 2 * expected_field + 64
    nodes = [{**node.model_dump(), "padding_mode": "zeros"} for node in spec.nodes]
    large = spec.changed(input={"channels": spec.input.channels, "size": size}, nodes=nodes)
    network = nn.Sequential(*(build_layer(layer) for layer in _until_pooling(large))).double()
    _make_linear_and_positive(network)
    image = torch.zeros(1, spec.input.channels, size, size, dtype=torch.float64, requires_grad=True)
    output = network(image)
    centre = output.shape[-1] // 2
    output[:, :, centre, centre].sum().backward()
    assert image.grad is not None
    reached = image.grad.abs().sum(dim=(0, 1)) > 0
    rows, columns = reached.any(dim=1).nonzero(), reached.any(dim=0).nonzero()
    height, width = (int(hits[-1] - hits[0]) + 1 for hits in (rows, columns))
    assert int(rows[0]) > 0
    assert int(rows[-1]) < size - 1
    return ReachedPixels(height, width, int(reached.sum()) / (height * width))


def _until_pooling(spec: ArchitectureSpec) -> list[Layer]:
    kept = []
    for layer in spec.layers:
        if layer.op in ("adaptive_avg", "adaptive_max", "avg", "linear"):
            break
        kept.append(layer)
    return kept


def _make_linear_and_positive(network: nn.Module) -> None:
    for parent in network.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.Conv2d):
                nn.init.constant_(child.weight, 1.0)
                if child.bias is not None:
                    nn.init.zeros_(child.bias)
            elif not isinstance(child, nn.Sequential):
                setattr(parent, name, nn.Identity())
