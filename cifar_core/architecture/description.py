"""Everything that is said about a network, as one object: what `describe --json` prints and the pages show."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.architecture.cells import CellUse, cell_use
from cifar_core.architecture.cost import layer_macs, layer_params, num_macs, num_params
from cifar_core.architecture.coverage import coverage
from cifar_core.architecture.editing.step_words import format_steps
from cifar_core.architecture.geometry import receptive_field, receptive_field_with_pooling
from cifar_core.architecture.layers import IMAGE, Layer
from cifar_core.architecture.nodes import Conv, Linear, Pool
from cifar_core.architecture.rules import RuleLimits, RuleResult, judge
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.spec_model import SpecModel


class LayerRow(SpecModel):
    """One row of the layer table, in the field's symbols."""

    name: str
    op: str
    n_in: int
    """Side of the input map, in cells."""
    c_in: int
    c_out: int
    padding: int | str
    kernel: int
    stride: int
    dilation: int
    n_out: int
    j_in: int
    """Input pixels between neighbouring cells of the input map."""
    j_out: int
    r_in: int
    """Receptive field of a cell of the input map, in pixels."""
    r_out: int
    params: int
    macs: int
    """Multiply-accumulates for one image."""
    block: str
    unread: float | None
    """Share of the output map's cells that no later layer reads at inference; None if the map is too large."""
    constant: float | None
    """Share of the output map's cells that are the same whatever the image; None if the map is too large."""
    wasted_macs: int | None
    """Of its MACs, those on cells that are never read or constant; None if the map is too large."""
    groups: int
    bias: bool
    padding_mode: str
    steps: str
    """In their order, as words: "conv batchnorm relu"; of a join, what follows it."""

    @classmethod
    def of(cls, layer: Layer, use: CellUse | None = None) -> LayerRow:
        """The row of a layer."""
        node = layer.node
        return cls(
            name=layer.name,
            op=layer.op,
            n_in=layer.n_in,
            c_in=layer.in_channels,
            c_out=layer.out_channels,
            padding=layer.padding,
            kernel=layer.kernel_size,
            stride=layer.stride,
            dilation=layer.dilation,
            n_out=layer.n_out,
            j_in=layer.jump_in,
            j_out=layer.jump_out,
            r_in=layer.r_in,
            r_out=layer.r_out,
            params=layer_params(layer),
            macs=layer_macs(layer),
            block=layer.block,
            unread=use.unread / use.cells if use else None,
            constant=use.constant / use.cells if use else None,
            wasted_macs=use.wasted_macs if use else None,
            groups=layer.groups if isinstance(node, Conv) else 1,
            bias=isinstance(node, Conv | Linear) and node.bias,
            padding_mode=node.padding_mode if isinstance(node, Conv) else "zeros",
            steps="" if isinstance(node, Pool) else format_steps(node.steps),
        )


class WastedCells(SpecModel):
    """What is computed for nothing at inference."""

    macs: int
    """Multiply-accumulates on cells that are never read, or the same whatever the image."""
    share: float
    """The same, of all MACs, in 0..1."""
    pooled: int
    """Cells that the first pooling of the head averages."""
    pooled_constant: int
    """Of these, the ones that are the same whatever the image."""
    pooled_zero: int
    """Of these, the ones that are always 0."""


class ArchitectureDescription(SpecModel):
    """A network in numbers."""

    name: str
    params: int
    macs: int
    receptive_field: int
    """Before pooling, in pixels: what the assignment's rule means."""
    receptive_field_with_pooling: int
    """Nominal: it exceeds the image and is clipped by it."""
    coverage: float | None
    """Share of the receptive field's square that any path reaches, in (0, 1]; None if there are too many paths."""
    wasted: WastedCells | None
    """None if a map is too large to be looked at."""
    layers: tuple[LayerRow, ...]
    rules: tuple[RuleResult, ...]


def describe(spec: ArchitectureSpec, limits: RuleLimits | None = None) -> ArchitectureDescription:
    """Counts, measures and judges a network by arithmetic alone."""
    layers = spec.layers
    uses = cell_use(layers)
    return ArchitectureDescription(
        name=spec.name,
        params=num_params(layers),
        macs=num_macs(layers),
        receptive_field=receptive_field(layers),
        receptive_field_with_pooling=receptive_field_with_pooling(layers),
        coverage=coverage(layers),
        wasted=None if uses is None else _wasted(layers, uses),
        layers=tuple(map(LayerRow.of, layers, uses or [None] * len(layers))),
        rules=judge(spec, limits),
    )


def _wasted(layers: Sequence[Layer], uses: Sequence[CellUse]) -> WastedCells:
    wasted = sum(use.wasted_macs for use in uses)
    pool = next((layer for layer in layers if layer.is_pool), None)
    pooled = uses[pool.inputs[0]] if pool is not None and pool.inputs[0] != IMAGE else None
    return WastedCells(
        macs=wasted,
        share=wasted / max(num_macs(layers), 1),
        pooled=pooled.cells if pooled else 0,
        pooled_constant=pooled.constant if pooled else 0,
        pooled_zero=pooled.zero if pooled else 0,
    )
