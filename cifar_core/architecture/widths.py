"""A block's width as one number: scale all its convolutions together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import count

from cifar_core.architecture.nodes import Branch, Node
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.architecture.width_classes import width_classes


def block_widths(spec: ArchitectureSpec) -> dict[str, int]:
    """Width of each block: the most channels that a convolution of it, whose channels are free, puts out.

    Blocks in order; those without such a convolution are left out.
    """
    widths: dict[str, int] = {}
    for tied in width_classes(spec.layers):
        for block in tied.blocks:
            widths[block] = max(widths.get(block, 0), tied.channels)
    return {block: widths[block] for block in spec.blocks if block in widths}


def with_block_widths(spec: ArchitectureSpec, widths: Mapping[str, int]) -> ArchitectureSpec:
    """The same network with some blocks made wider or narrower; the ratios inside a block stay.

    A convolution of c channels becomes max(g, g * floor(c * wanted / width / g)), where g is what its own groups and
    those of all that reads it ask for, so that every network stays valid. Convolutions tied by an add change together:
    the first of their blocks whose width changes decides. Depthwise convolutions follow their input; the head is left
    alone.

    Raises:
        SpecError: if a convolution, or the network, would get larger than the grammar allows.
    """
    present = block_widths(spec)
    changing = [block for block in present if widths.get(block, present[block]) != present[block]]
    channels: dict[int, int] = {}
    for tied in width_classes(spec.layers):
        block = next((block for block in changing if block in tied.blocks), None)
        if block is not None:
            channels |= dict.fromkeys(tied.positions, tied.scaled_channels(widths[block], present[block]))
    return _with_channels(spec, channels)


def scaled(spec: ArchitectureSpec, scale: float | Fraction) -> ArchitectureSpec:
    """The same network with all widths of the body times one factor, as `with_block_widths` rounds them.

    Raises:
        SpecError: as `with_block_widths`.
    """
    numerator, denominator = Fraction(scale).as_integer_ratio()
    channels: dict[int, int] = {}
    for tied in width_classes(spec.layers):
        channels |= dict.fromkeys(tied.positions, tied.scaled_channels(numerator, denominator))
    return _with_channels(spec, channels)


def _with_channels(spec: ArchitectureSpec, channels: Mapping[int, int]) -> ArchitectureSpec:
    return spec.changed(nodes=[node.model_dump() for node in nodes_with_channels(spec.nodes, channels)])


def nodes_with_channels(nodes: Sequence[Node], channels: Mapping[int, int]) -> tuple[Node, ...]:
    """Nodes with other out_channels, by the positions of their layers; they are not validated."""
    return _renewed(nodes, channels, count())


def _renewed(nodes: Sequence[Node], channels: Mapping[int, int], positions: Iterator[int]) -> tuple[Node, ...]:
    renewed: list[Node] = []
    for node in nodes:
        if isinstance(node, Branch):
            paths = {name: _renewed(getattr(node, name), channels, positions) for name in ("main", "shortcut")}
            next(positions)  # the join
            renewed.append(node.model_copy(update=paths))
            continue
        wanted = channels.get(next(positions))
        renewed.append(node if wanted is None else node.model_copy(update={"out_channels": wanted}))
    return tuple(renewed)
