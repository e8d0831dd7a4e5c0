"""Shapes and receptive field, by arithmetic on the nodes alone: nothing is built, and torch is not needed.

Receptive field (Araujo, Norris, Sim: "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019):

    n_out = floor((n_in + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
    j_out = j_in * stride
    r_out = r_in + (kernel_size - 1) * dilation * j_in
    offset_out = offset_in - padding * j_in

where n is the side of the map in cells, j the jump (input pixels between neighbouring cells), r the side of the input
square, in pixels, that one cell can depend on, and offset its first pixel for the map's first cell. Where two paths
join, the square is the bounding box of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cifar_core.architecture.layers import IMAGE, Layer, before_pooling
from cifar_core.architecture.nodes import MAX_DEPTH, AnyNode, Branch, Conv, Flatten, Linear, NormStep, Pool

MAX_MAP_SIDE = 2_048
"""Cells; twice the largest image."""
MAX_RECEPTIVE_FIELD = 100_000
"""Pixels, of a cell's field and of the jump between cells: no image is near as large, and arithmetic stays quick."""
MAX_CHANNELS = 65_536
"""What concatenation and channel multipliers may add up to."""


def trace_layers(in_channels: int, size: int, nodes: Sequence[AnyNode], head: Sequence[AnyNode]) -> tuple[Layer, ...]:
    """Walks a network once and returns its layers in order: of a branch its main path, its shortcut, its join.

    Args:
        in_channels: channels of the image.
        size: side of the image, in pixels.
        nodes: the body.
        head: pooling and classifier; a Flatten gives no layer of its own.

    Raises:
        ValueError: one sentence naming the node, the field, its value and what was allowed.
    """
    walk = _Walk([], {})
    place = _Place(in_channels, size, jump=1, offset=0, r=1, flat=False, source=IMAGE)
    place = walk.through(nodes, place, "nodes", block="", in_head=False)
    walk.through(head, place, "head", block="head", in_head=True)
    return tuple(walk.layers)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a node finds at its input."""

    channels: int
    n: int
    jump: int
    offset: int
    r: int
    flat: bool
    source: int
    """Position of the layer that made the map."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """The layers so far, and how many each block has."""

    layers: list[Layer]
    numbers: dict[str, int]

    def through(
        self, nodes: Sequence[AnyNode], place: _Place, where: str, block: str, in_head: bool, depth: int = 0
    ) -> _Place:
        for index, node in enumerate(nodes):
            here = f"{where}[{index}]"
            if isinstance(node, Flatten):
                # What follows reads the whole map.
                field = place.r + (place.n - 1) * place.jump
                place = replace(place, channels=place.channels * place.n * place.n, n=1, r=field, flat=True)
                continue
            own = block if in_head else ((node.block if isinstance(node, Conv | Branch) else "") or block)
            if isinstance(node, Branch):
                if depth == MAX_DEPTH:
                    raise ValueError(f"{here}: branches lie more than {MAX_DEPTH} deep in branches")
                main = self.through(node.main, place, f"{here}.main", own, in_head, depth + 1)
                shortcut = self.through(node.shortcut, place, f"{here}.shortcut", own, in_head, depth + 1)
                layer = _join_layer(node, main, shortcut, here)
            else:
                layer = _layer(node, place, here)
            place = self._added(layer, own, in_head, here)
        return place

    def _added(self, layer: Layer, block: str, in_head: bool, where: str) -> _Place:
        _check_steps(layer, where)
        self.numbers[block] = self.numbers.get(block, 0) + 1
        name = f"{block}.{self.numbers[block]}" if block else str(self.numbers[block])
        self.layers.append(replace(layer, name=name, block=block, in_head=in_head))
        return _Place(
            layer.out_channels,
            layer.n_out,
            layer.jump_out,
            layer.offset,
            layer.r_out,
            isinstance(layer.node, Linear),
            len(self.layers) - 1,
        )


def _check_steps(layer: Layer, where: str) -> None:
    """Group norms must divide the channels that they find, and have more than one number to a group."""
    if isinstance(layer.node, Pool):
        return
    channels, n = layer.in_channels, layer.n_in
    for step in layer.node.steps:
        if step.step in ("conv", "linear"):
            channels, n = layer.out_channels, layer.n_out
        elif isinstance(step, NormStep) and step.num_groups is not None:
            if channels % step.num_groups:
                raise ValueError(
                    f"{where}: num_groups is {step.num_groups}: it must divide the {channels} channels there"
                )
            if channels == step.num_groups and n == 1:
                raise ValueError(
                    f"{where}: num_groups is {step.num_groups} for {channels} channels of 1 x 1 cells: each group "
                    "would be a single number, so use fewer groups"
                )


def _layer(node: Conv | Pool | Linear, place: _Place, where: str) -> Layer:
    if isinstance(node, Conv):
        return _conv_layer(node, place, where)
    if isinstance(node, Pool):
        return _pool_layer(node, place, where)
    return _linear_layer(node, place, where)


def _at(place: _Place, **fields: object) -> Layer:
    """A layer that leaves the place as it found it, but for these fields."""
    unchanged: dict[str, object] = {
        "name": "", "block": "", "in_head": False, "groups": 1, "kernel_size": 1, "stride": 1, "padding": 0,
        "dilation": 1, "in_channels": place.channels, "out_channels": place.channels, "n_in": place.n,
        "n_out": place.n, "jump_in": place.jump, "jump_out": place.jump, "r_in": place.r, "r_out": place.r,
        "offset": place.offset, "inputs": (place.source,),
    }  # fmt: skip
    return Layer(**{**unchanged, **fields})  # type: ignore[arg-type]


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
    if n_out > MAX_MAP_SIDE:
        raise ValueError(
            f"{where}: the map would grow from {place.n} to {n_out} cells (padding {node.padding}): "
            f"at most {MAX_MAP_SIDE:,} are allowed"
        )
    padded = (node.extent - 1) // 2 + (node.extent - 1) % 2 if node.padding == "same" else node.padding
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
    layer = _at(
        place,
        op=_conv_op(node, groups, place.channels),
        node=node,
        out_channels=out_channels,
        groups=groups,
        n_out=n_out,
        kernel_size=node.kernel_size,
        stride=node.stride,
        padding=node.padding,
        dilation=node.dilation,
        jump_out=jump_out,
        r_out=r_out,
    )
    return replace(layer, offset=place.offset - layer.pad_before * place.jump)


def _conv_channels(node: Conv, in_channels: int, where: str) -> tuple[int, int]:
    """The convolution's (out_channels, groups) once its input is known."""
    if node.groups == "depthwise":
        out_channels = in_channels * node.channel_multiplier
        if out_channels > MAX_CHANNELS:
            raise ValueError(
                f"{where}: channel_multiplier is {node.channel_multiplier}, which gives {out_channels:,} channels: "
                f"at most {MAX_CHANNELS:,} are allowed"
            )
        return out_channels, in_channels
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


def _join_layer(node: Branch, main: _Place, shortcut: _Place, where: str) -> Layer:
    shapes = [f"{place.channels} channels on {place.n} x {place.n} cells" for place in (main, shortcut)]
    ends = f"{where}: main ends in {shapes[0]} and shortcut in {shapes[1]}"
    if main.n != shortcut.n or (node.combine == "add" and main.channels != shortcut.channels):
        raise ValueError(f'{ends}: combine "{node.combine}" needs equal {_EQUAL[node.combine]}')
    if main.jump != shortcut.jump:
        raise ValueError(
            f"{where}: neighbouring cells of main are {main.jump} pixels apart and those of shortcut {shortcut.jump}: "
            "the strides of both paths must multiply to the same"
        )
    channels = main.channels if node.combine == "add" else main.channels + shortcut.channels
    if channels > MAX_CHANNELS:
        raise ValueError(f"{ends}: at most {MAX_CHANNELS:,} channels together are allowed")
    offset = min(main.offset, shortcut.offset)
    field = max(main.offset + main.r, shortcut.offset + shortcut.r) - offset
    return _at(
        main,
        op=node.combine,
        node=node,
        in_channels=channels,
        out_channels=channels,
        r_in=max(main.r, shortcut.r),
        r_out=field,
        offset=offset,
        inputs=(main.source, shortcut.source),
    )


_EQUAL = {"add": "shapes", "concat": "sides"}


def _pool_layer(node: Pool, place: _Place, where: str) -> Layer:
    if place.flat:
        raise ValueError(f"{where} is a Pool after a Flatten or Linear: a Pool needs a map")
    window = place.n if node.kernel_size is None else node.kernel_size
    if window > place.n:
        raise ValueError(f"{where}: kernel_size is {window}: the map's side is only {place.n}")
    return _at(
        place,
        op=node.kind,
        node=node,
        groups=place.channels,
        n_out=place.n // window,
        kernel_size=window,
        stride=window,
        jump_out=place.jump * window,
        r_out=place.r + (window - 1) * place.jump,
    )


def _linear_layer(node: Linear, place: _Place, where: str) -> Layer:
    if not place.flat:
        raise ValueError(f"{where} is a Linear on a map: put a Flatten before it")
    return _at(place, op="linear", node=node, out_channels=node.out_features)


def receptive_field(layers: Sequence[Layer]) -> int:
    """Side, in pixels, of the input square that one cell of the last map before pooling can depend on."""
    counted = before_pooling(layers)
    return counted[-1].r_out if counted else 1


def receptive_field_with_pooling(layers: Sequence[Layer]) -> int:
    """The same after the head's pooling: nominal, since it exceeds the image and is clipped by it."""
    return max((layer.r_out for layer in layers), default=1)
