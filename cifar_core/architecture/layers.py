"""Layer: one operation of a network at its place, with its shapes and receptive field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cifar_core.architecture.nodes import Branch, Conv, Linear, Pool

IMAGE = -1
"""As an entry of `Layer.inputs`: the image itself."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution, pooling, linear layer or join of two paths at its place in the network."""

    name: str
    """Block and number inside it: "C1.2"; layers of the head are "head.1", ..."""
    op: str
    """"conv", "depthwise", "pointwise", "grouped", "add", "concat", "adaptive_avg", "adaptive_max", "avg", "linear"."""
    node: Conv | Branch | Pool | Linear
    block: str
    in_channels: int
    """Of a concat: the channels of both paths."""
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
    """Receptive field of a cell of the input map: side of a square, in pixels. Of a join: the larger path's."""
    r_out: int
    offset: int
    """First pixel that the first cell of the output map can depend on; negative where it lies in the padding."""
    inputs: tuple[int, ...]
    """Positions, in the tuple of all layers, of what it reads; `IMAGE` for the image. A join: main, then shortcut."""
    in_head: bool

    @property
    def is_pool(self) -> bool:
        """Whether this layer pools."""
        return isinstance(self.node, Pool)

    @property
    def is_join(self) -> bool:
        """Whether this layer joins two paths."""
        return isinstance(self.node, Branch)

    @property
    def pools_whole_map(self) -> bool:
        """Whether this layer pools the map to one cell in one window."""
        return self.is_pool and self.kernel_size == self.n_in

    @property
    def pad_before(self) -> int:
        """Cells added before the map along each axis; "same" puts the odd one behind, as PyTorch does."""
        return (self.kernel_size - 1) * self.dilation // 2 if isinstance(self.padding, str) else self.padding


def before_pooling(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers that the assignment's receptive field counts: all before the pooling of the whole map, or a Linear.

    A pooling in smaller windows counts like a convolution.
    """
    kept: list[Layer] = []
    for layer in layers:
        if isinstance(layer.node, Linear) or layer.pools_whole_map:
            break
        kept.append(layer)
    return tuple(kept)
