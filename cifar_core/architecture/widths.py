"""A block's width as one number: scale all its convolutions together."""

from __future__ import annotations

from cifar_core.architecture.nodes import Conv
from cifar_core.architecture.spec import ArchitectureSpec


def block_widths(spec: ArchitectureSpec) -> dict[str, int]:
    """Width of each block: the most channels that a convolution of it puts out. Blocks in order."""
    widths: dict[str, int] = {}
    for layer in spec.layers:
        if not layer.in_head and isinstance(layer.node, Conv) and layer.node.out_channels is not None:
            widths[layer.block] = max(widths.get(layer.block, 0), layer.out_channels)
    return widths


def with_block_widths(spec: ArchitectureSpec, widths: dict[str, int]) -> ArchitectureSpec:
    """The same network with some blocks made wider or narrower; the ratios inside a block stay.

    A convolution of c channels becomes max(g, g * floor(c * wanted / width / g)) with g its groups, so that groups go
    on dividing it. Depthwise convolutions follow their input; the head is left alone.

    Raises:
        SpecError: if the result is no valid network.
    """
    present = block_widths(spec)
    nodes = []
    for node in spec.nodes:
        wanted = widths.get(node.block)
        if wanted is None or node.out_channels is None or wanted == present[node.block]:
            nodes.append(node.model_dump())
            continue
        groups = node.groups if isinstance(node.groups, int) else 1
        channels = max(groups, groups * (node.out_channels * wanted // present[node.block] // groups))
        nodes.append({**node.model_dump(), "out_channels": channels})
    return spec.changed(nodes=nodes)
