"""A block's width as one number: scale all its convolutions together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from cifar_core.architecture.editing.copies import Fields, nodes_with
from cifar_core.architecture.editing.width_classes import WidthClass, width_classes
from cifar_core.architecture.nodes import Node
from cifar_core.architecture.spec import ArchitectureSpec


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
    scales: dict[WidthClass, Fraction] = {}
    for tied in width_classes(spec.layers):
        block = next((block for block in changing if block in tied.blocks), None)
        if block is not None:
            scales[tied] = Fraction(widths[block], present[block])
    return spec.changed(nodes=[node.model_dump() for node in scaled_nodes(spec.nodes, scales)])


def scaled(spec: ArchitectureSpec, scale: float | Fraction) -> ArchitectureSpec:
    """The same network with all widths of the body times one factor, rounded as `with_block_widths` does.

    Raises:
        SpecError: as `with_block_widths`.
    """
    nodes = scaled_nodes(spec.nodes, dict.fromkeys(width_classes(spec.layers), Fraction(scale)))
    return spec.changed(nodes=[node.model_dump() for node in nodes])


def scaled_nodes(nodes: Sequence[Node], scales: Mapping[WidthClass, Fraction]) -> tuple[Node, ...]:
    """The body's nodes with each class of convolutions times a factor of its own; they are not validated."""
    channels: dict[int, Fields] = {}
    for tied, scale in scales.items():
        channels |= {position: {"out_channels": tied.scaled_channels(scale)} for position in tied.positions}
    return nodes_with(nodes, channels)
