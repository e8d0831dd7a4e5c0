"""Everything that is said about a network, as one object: what `describe --json` prints and the pages show."""

from __future__ import annotations

from cifar_core.architecture.cost import layer_macs, layer_params, num_macs, num_params
from cifar_core.architecture.coverage import coverage
from cifar_core.architecture.geometry import receptive_field, receptive_field_with_pooling
from cifar_core.architecture.layers import Layer
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

    @classmethod
    def of(cls, layer: Layer) -> LayerRow:
        """The row of a layer."""
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
        )


class ArchitectureDescription(SpecModel):
    """A network in numbers."""

    name: str
    params: int
    macs: int
    receptive_field: int
    """Before pooling, in pixels: what the assignment's rule means."""
    receptive_field_with_pooling: int
    """Nominal: it exceeds the image and is clipped by it."""
    coverage: float
    """Share of the receptive field's square that any path reaches, in (0, 1]."""
    layers: tuple[LayerRow, ...]
    rules: tuple[RuleResult, ...]


def describe(spec: ArchitectureSpec, limits: RuleLimits | None = None) -> ArchitectureDescription:
    """Counts, measures and judges a network by arithmetic alone."""
    layers = spec.layers
    return ArchitectureDescription(
        name=spec.name,
        params=num_params(layers),
        macs=num_macs(layers),
        receptive_field=receptive_field(layers),
        receptive_field_with_pooling=receptive_field_with_pooling(layers),
        coverage=coverage(layers),
        layers=tuple(map(LayerRow.of, layers)),
        rules=judge(spec, limits),
    )
