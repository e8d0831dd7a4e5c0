"""Shapes and receptive field, by arithmetic on the nodes alone: nothing is built, and torch is not needed.

Receptive field (Araujo, Norris, Sim: "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019):

    n_out = floor((n_in + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
    j_out = j_in * stride
    r_out = r_in + (kernel_size - 1) * dilation * j_in

where n is the side of the map in cells, j the jump (input pixels between neighbouring cells) and r the side of the
input square, in pixels, that one cell can depend on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cifar_core.architecture.nodes import AnyNode, Conv, Flatten, Linear, Pool

MAX_MAP_SIDE = 2_048
"""Cells; twice the largest image."""
MAX_RECEPTIVE_FIELD = 100_000
"""Pixels, of a cell's field and of the jump between cells: no image is near as large, and arithmetic stays quick."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution, pooling or linear layer at its place in the network."""

    name: str
    """Block and number inside it: "C1.2"; layers of the head are "head.1", ..."""
    op: str
    """"conv", "depthwise", "pointwise", "grouped", "adaptive_avg", "adaptive_max", "avg" or "linear"."""
    node: Conv | Pool | Linear
    block: str
    in_channels: int
    out_channels: int
    groups: int
    n_in: int
    """Side of the input map, in cells."""
    n_out: int
    kernel_size: int
    stride: int
    padding: int | str
    dilation: int
    jump_in: int
    """Input pixels between neighbouring cells of the input map."""
    jump_out: int
    r_in: int
    """Receptive field of a cell of the input map: side of a square, in pixels."""
    r_out: int
    in_head: bool

    @property
    def is_pool(self) -> bool:
        """Whether this layer pools."""
        return isinstance(self.node, Pool)


def trace_layers(in_channels: int, size: int, nodes: Sequence[Conv], head: Sequence[AnyNode]) -> tuple[Layer, ...]:
    """Walks a network once and returns its layers in order.

    Args:
        in_channels: channels of the image.
        size: side of the image, in pixels.
        nodes: the body.
        head: pooling and classifier; a Flatten gives no layer of its own.

    Raises:
        ValueError: one sentence naming the node, the field, its value and what was allowed.
    """
    layers: list[Layer] = []
    numbers: dict[str, int] = {}
    place = _Place(channels=in_channels, n=size, jump=1, r=1, flat=False)
    for index, (node, in_head) in enumerate([*((n, False) for n in nodes), *((n, True) for n in head)]):
        where = f"head[{index - len(nodes)}]" if in_head else f"nodes[{index}]"
        if isinstance(node, Flatten):
            # What follows reads the whole map.
            field = place.r + (place.n - 1) * place.jump
            place = replace(place, channels=place.channels * place.n * place.n, n=1, r=field, flat=True)
            continue
        block = "head" if in_head else (node.block if isinstance(node, Conv) else "")
        numbers[block] = numbers.get(block, 0) + 1
        name = f"{block}.{numbers[block]}" if block else str(index + 1)
        layer = _layer(node, place, where, name, block, in_head)
        layers.append(layer)
        flat = place.flat or isinstance(node, Linear)
        place = _Place(layer.out_channels, layer.n_out, layer.jump_out, layer.r_out, flat)
    return tuple(layers)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a node finds at its input."""

    channels: int
    n: int
    jump: int
    r: int
    flat: bool


def _layer(node: Conv | Pool | Linear, place: _Place, where: str, name: str, block: str, in_head: bool) -> Layer:
    if isinstance(node, Conv):
        layer = _conv_layer(node, place, where)
    elif isinstance(node, Pool):
        layer = _pool_layer(node, place, where)
    else:
        layer = _linear_layer(node, place, where)
    return replace(layer, name=name, block=block, in_head=in_head)


def _conv_layer(node: Conv, place: _Place, where: str) -> Layer:
    if place.flat:
        raise ValueError(f"{where} is a Conv after a Flatten or Linear: a Conv needs a map")
    out_channels, groups = _conv_channels(node, place.channels, where)
    n_out = place.n if node.padding == "same" else (place.n + 2 * node.padding - node.extent) // node.stride + 1
    if n_out < 1:
        raise ValueError(
            f"{where}: the map would shrink from {place.n} to {n_out} cells (kernel_size {node.kernel_size}, "
            f"dilation {node.dilation}, padding {node.padding}): at least 1 is needed, so pad more or dilate less"
        )
    padded = (node.extent - 1) // 2 + (node.extent - 1) % 2 if node.padding == "same" else node.padding
    if n_out > MAX_MAP_SIDE:
        raise ValueError(
            f"{where}: the map would grow from {place.n} to {n_out} cells (padding {node.padding}): "
            f"at most {MAX_MAP_SIDE:,} are allowed"
        )
    if node.padding_mode == "reflect" and padded >= place.n:
        raise ValueError(
            f'{where}: padding is {padded} and padding_mode is "reflect": it must be below the map\'s side, {place.n}'
        )
    jump_out, r_out = place.jump * node.stride, place.r + (node.extent - 1) * place.jump
    if max(jump_out, r_out) > MAX_RECEPTIVE_FIELD:
        raise ValueError(
            f"{where}: the receptive field would be {r_out:,} pixels and the jump {jump_out:,}: "
            f"at most {MAX_RECEPTIVE_FIELD:,} are allowed, so use smaller kernels, dilations or strides"
        )
    return Layer(
        name="",
        op=_conv_op(node, groups, place.channels),
        node=node,
        block="",
        in_channels=place.channels,
        out_channels=out_channels,
        groups=groups,
        n_in=place.n,
        n_out=n_out,
        kernel_size=node.kernel_size,
        stride=node.stride,
        padding=node.padding,
        dilation=node.dilation,
        jump_in=place.jump,
        jump_out=jump_out,
        r_in=place.r,
        r_out=r_out,
        in_head=False,
    )


def _conv_channels(node: Conv, in_channels: int, where: str) -> tuple[int, int]:
    """The convolution's (out_channels, groups) once its input is known."""
    if node.groups == "depthwise":
        return in_channels * node.channel_multiplier, in_channels
    assert node.out_channels is not None  # Conv refuses anything else
    for field, channels in (("in_channels", in_channels), ("out_channels", node.out_channels)):
        if channels % node.groups:
            raise ValueError(f"{where}: groups is {node.groups}: it must divide {field}, {channels}")
    return node.out_channels, node.groups


def _conv_op(node: Conv, groups: int, in_channels: int) -> str:
    if groups > 1 and groups == in_channels:
        return "depthwise"
    if groups > 1:
        return "grouped"
    return "pointwise" if node.kernel_size == 1 else "conv"


def _pool_layer(node: Pool, place: _Place, where: str) -> Layer:
    if place.flat:
        raise ValueError(f"{where} is a Pool after a Flatten or Linear: a Pool needs a map")
    window = place.n if node.kernel_size is None else node.kernel_size
    if window > place.n:
        raise ValueError(f"{where}: kernel_size is {window}: the map's side is only {place.n}")
    return Layer(
        name="",
        op=node.kind,
        node=node,
        block="",
        in_channels=place.channels,
        out_channels=place.channels,
        groups=place.channels,
        n_in=place.n,
        n_out=place.n // window,
        kernel_size=window,
        stride=window,
        padding=0,
        dilation=1,
        jump_in=place.jump,
        jump_out=place.jump * window,
        r_in=place.r,
        r_out=place.r + (window - 1) * place.jump,
        in_head=True,
    )


def _linear_layer(node: Linear, place: _Place, where: str) -> Layer:
    if not place.flat:
        raise ValueError(f"{where} is a Linear on a map: put a Flatten before it")
    return Layer(
        name="",
        op="linear",
        node=node,
        block="",
        in_channels=place.channels,
        out_channels=node.out_features,
        groups=1,
        n_in=1,
        n_out=1,
        kernel_size=1,
        stride=1,
        padding=0,
        dilation=1,
        jump_in=place.jump,
        jump_out=place.jump,
        r_in=place.r,
        r_out=place.r,
        in_head=True,
    )


def before_pooling(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers that the assignment's receptive field counts: all before the pooling of the whole map, or a Linear.

    A pooling in smaller windows counts like a convolution.
    """
    kept: list[Layer] = []
    for layer in layers:
        if isinstance(layer.node, Linear) or (layer.is_pool and layer.kernel_size == layer.n_in):
            break
        kept.append(layer)
    return tuple(kept)


def receptive_field(layers: Sequence[Layer]) -> int:
    """Side, in pixels, of the input square that one cell of the last map before pooling can depend on."""
    counted = before_pooling(layers)
    return counted[-1].r_out if counted else 1


def receptive_field_with_pooling(layers: Sequence[Layer]) -> int:
    """The same after the head's pooling: nominal, since it exceeds the image and is clipped by it."""
    return max((layer.r_out for layer in layers), default=1)


def coverage(layers: Sequence[Layer]) -> float:
    """Share of the receptive field's square that at least one path reaches, in (0, 1].

    Kernels are square and the network is a chain, so the reached set is a product of one set of offsets along each
    axis; it is kept as the bits of an integer and walked from the last layer back to the image.
    """
    counted = before_pooling(layers)
    offsets = 1
    for layer in reversed(counted):
        spread = _spread(offsets, layer.stride)
        offsets = 0
        for tap in range(layer.kernel_size):
            offsets |= spread << (tap * layer.dilation)
    return (offsets.bit_count() / receptive_field(layers)) ** 2


def _spread(bits: int, stride: int) -> int:
    """Moves bit i to bit i * stride."""
    if stride == 1:
        return bits
    return int(("0" * (stride - 1)).join(f"{bits:b}"), base=2)
