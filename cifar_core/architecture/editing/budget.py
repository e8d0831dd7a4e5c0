"""Fit to a budget: the largest widths whose count stays within it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cifar_core.architecture.cost import num_macs, num_params
from cifar_core.architecture.editing.width_classes import WidthClass, width_classes
from cifar_core.architecture.editing.widths import scaled, scaled_nodes
from cifar_core.architecture.geometry import trace_layers
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import MAX_OUT_CHANNELS
from cifar_core.architecture.spec import MAX_PARAMS, ArchitectureSpec
from cifar_core.errors import SpecError

ROUNDS = 24
"""Halvings of the range of scales; what they leave is walked step by step, so that the answer is exact in any case."""


def largest_widths(
    spec: ArchitectureSpec, *, max_params: int | None = None, max_macs: int | None = None
) -> ArchitectureSpec:
    """The network at the largest scale of all widths of its body, one factor for all, that stays within the limits.

    Every count is a step function of the scale that never falls, since a convolution of c channels is
    max(g, g * floor(c * scale / g)): it steps at the scales k * g / c alone. The largest that fits is found between
    these by halving, and the next step is then seen not to fit.

    Args:
        spec: the network whose ratios are kept.
        max_params: the most parameters; None for no limit but the grammar's.
        max_macs: the most multiply-accumulates for one image; None for no limit.

    Raises:
        SpecError: if even the narrowest network has more.
    """
    limits = _Limits(MAX_PARAMS if max_params is None else min(max_params, MAX_PARAMS), max_macs)
    classes = width_classes(spec.layers)

    def fits(scale: Fraction) -> bool:
        try:
            return limits.hold(_layers_at(spec, classes, scale))
        except ValueError:
            # Concatenated channels beyond what the grammar allows: the one thing that widths can break.
            return False

    if not fits(Fraction(0)):
        raise SpecError(limits.sentence(_layers_at(spec, classes, Fraction(0))))
    return scaled(spec, _largest_that_fits(classes, fits)) if classes else spec


def _layers_at(spec: ArchitectureSpec, classes: Sequence[WidthClass], scale: Fraction) -> tuple[Layer, ...]:
    nodes = scaled_nodes(spec.nodes, dict.fromkeys(classes, scale))
    return trace_layers(spec.input.channels, spec.input.size, nodes, spec.head)


def _largest_that_fits(classes: Sequence[WidthClass], fits: Callable[[Fraction], bool]) -> Fraction:
    """The largest step of the scale that fits; 0 does."""
    within = Fraction(0)
    # Just below this scale every convolution is still within the grammar's channels, and at it one no longer is.
    beyond = min(Fraction((MAX_OUT_CHANNELS // tied.step + 1) * tied.step, tied.channels) for tied in classes)
    for _ in range(ROUNDS):
        middle = (within + beyond) / 2
        if fits(middle):
            within = middle
        else:
            beyond = middle
    while (following := _following_step(classes, within)) < beyond and fits(following):
        within = following
    return within


def _following_step(classes: Sequence[WidthClass], scale: Fraction) -> Fraction:
    """The next scale above this one at which any width changes."""
    return min(Fraction((int(tied.channels * scale / tied.step) + 1) * tied.step, tied.channels) for tied in classes)


@dataclass(frozen=True, slots=True)
class _Limits:
    params: int
    macs: int | None

    def hold(self, layers: Sequence[Layer]) -> bool:
        return num_params(layers) <= self.params and (self.macs is None or num_macs(layers) <= self.macs)

    def sentence(self, narrowest: Sequence[Layer]) -> str:
        count, name, limit = num_params(narrowest), "parameters", self.params
        if count <= limit and self.macs is not None:
            count, name, limit = num_macs(narrowest), "MACs", self.macs
        return f"Even the narrowest network of this shape has {count:,} {name}: the budget is {limit:,}, so allow more."
