"""The assignment's constraints on a network, each judged with the value it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from cifar_core.architecture.cost import num_params
from cifar_core.architecture.geometry import Layer, before_pooling, receptive_field
from cifar_core.architecture.nodes import Pool
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.spec_model import SpecModel


class RuleLimits(SpecModel):
    """The numbers in the assignment; a teacher may set others."""

    blocks: Annotated[int, Field(ge=1)] = 4
    receptive_field_above: Annotated[int, Field(ge=0)] = 44
    """Pixels; the receptive field before pooling must be larger."""
    params_below: Annotated[int, Field(ge=1)] = 200_000


class RuleResult(SpecModel):
    """One rule, judged."""

    name: str
    title: str
    passed: bool
    value: int | str
    limit: int | str
    required: bool = True
    """False for what the assignment only rewards or allows: it never makes a network fail."""
    detail: str
    """One sentence that says by how much, or why."""


def judge(spec: ArchitectureSpec, limits: RuleLimits | None = None) -> tuple[RuleResult, ...]:
    """Judges every rule of the assignment on one network."""
    limits = limits or RuleLimits()
    return tuple(rule(spec, limits) for rule in _RULES)


def all_required_pass(results: Sequence[RuleResult]) -> bool:
    """Whether a network meets the assignment."""
    return all(result.passed for result in results if result.required)


def _num_params(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    count, limit = num_params(spec.layers), limits.params_below
    room = limit - 1 - count
    detail = f"{room:,} parameters to spare." if room >= 0 else f"{-room:,} parameters too many."
    return RuleResult(
        name="params", title="Parameters", passed=room >= 0, value=count, limit=f"< {limit:,}", detail=detail
    )


def _receptive_field(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    field, limit = receptive_field(spec.layers), limits.receptive_field_above
    room = field - limit - 1
    detail = f"{room} pixels more than needed." if room >= 0 else f"{-room} pixels too small."
    return RuleResult(
        name="receptive_field",
        title="Receptive field",
        passed=room >= 0,
        value=field,
        limit=f"> {limit}",
        detail=f"Before pooling: {detail}",
    )


def _blocks(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    count = len(spec.blocks)
    return RuleResult(
        name="blocks",
        title="Blocks",
        passed=count == limits.blocks,
        value=count,
        limit=limits.blocks,
        detail=f"Blocks found: {', '.join(label or '(no label)' for label in spec.blocks) or 'none'}.",
    )


def _down_sampling(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    ends = _block_ends(spec)[:-1]
    strided = [layer for layer in ends if layer.stride == 2]
    bonus = _earns_bonus(spec)
    missing = [layer.block for layer in ends if layer.stride != 2]
    if bonus:
        detail = "Dilated convolutions take the place of strides (the bonus)."
    elif not ends:
        detail = "There are no two blocks: a stride-2 convolution belongs at the end of each block but the last."
    elif missing:
        detail = f"These blocks do not end in a stride-2 convolution: {', '.join(missing)}."
    else:
        detail = "Every block but the last ends in a stride-2 convolution."
    return RuleResult(
        name="down_sampling",
        title="Stride-2 block ends",
        passed=bonus or (bool(ends) and not missing),
        value=len(strided),
        limit=f"{len(ends)} of {len(ends)}, or the bonus",
        detail=detail,
    )


def _no_max_pooling(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    count = sum(layer.op == "adaptive_max" for layer in spec.layers)
    detail = "No layer pools by maximum." if count == 0 else "The head pools by maximum: use adaptive_avg."
    return RuleResult(
        name="no_max_pooling", title="No max-pooling", passed=count == 0, value=count, limit=0, detail=detail
    )


def _depthwise_separable(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    pairs = [
        first.name
        for first, second in pairwise(before_pooling(spec.layers))
        if first.op == "depthwise" and first.kernel_size > 1 and second.op == "pointwise"
    ]
    return RuleResult(
        name="depthwise_separable",
        title="Depthwise-separable",
        passed=bool(pairs),
        value=len(pairs),
        limit=">= 1",
        detail=f"Depthwise then 1x1 at {', '.join(pairs)}."
        if pairs
        else "No depthwise convolution is followed by a 1x1.",
    )


def _dilated(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    found = [layer.name for layer in before_pooling(spec.layers) if _is_dilated(layer)]
    return RuleResult(
        name="dilated",
        title="Dilated",
        passed=bool(found),
        value=len(found),
        limit=">= 1",
        detail=f"Dilated: {', '.join(found)}." if found else "No convolution larger than 1x1 has a dilation above 1.",
    )


def _global_average_pooling(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    pools = [layer for layer in spec.layers if layer.op in ("adaptive_avg", "avg") and layer.kernel_size == layer.n_in]
    value = f"{pools[0].n_in} x {pools[0].n_in}" if pools else "none"
    return RuleResult(
        name="global_average_pooling",
        title="Global average pooling",
        passed=bool(pools),
        value=value,
        limit="whole map",
        detail=f"The head averages a map of {value} cells." if pools else "No average pooling covers the whole map.",
    )


def _fc_after_gap(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    pool_seen, count = False, 0
    for layer in spec.layers:
        pool_seen |= layer.is_pool
        count += pool_seen and layer.op in ("linear", "pointwise")
    return RuleResult(
        name="fc_after_gap",
        title="FC after pooling",
        passed=count > 0,
        value=count,
        limit="optional",
        required=False,
        detail="A linear or 1x1 layer behind the pooling; allowed, not asked for.",
    )


def _dilation_bonus(spec: ArchitectureSpec, limits: RuleLimits) -> RuleResult:
    transitions = _block_ends(spec)[:-1]
    dilated = sum(_is_dilated(layer) for layer in transitions)
    strided = [layer.name for layer in before_pooling(spec.layers) if layer.stride > 1]
    missing = [layer.block for layer in transitions if not _is_dilated(layer)]
    if strided:
        detail = f"These have a stride above 1 before the pooling: {', '.join(strided)}."
    elif missing:
        detail = f"These blocks do not end in a dilated convolution: {', '.join(missing)}."
    elif not transitions:
        detail = "There are no two blocks: a dilated convolution belongs at the end of each block but the last."
    else:
        detail = "No stride above 1 before the pooling, and a dilated convolution ends every block but the last."
    return RuleResult(
        name="dilation_bonus",
        title="Dilation bonus",
        passed=_earns_bonus(spec),
        value=dilated,
        limit=f"{len(transitions)} of {len(transitions)}",
        required=False,
        detail=detail,
    )


def _block_ends(spec: ArchitectureSpec) -> list[Layer]:
    """The last convolution of each block."""
    body = [layer for layer in spec.layers if not layer.in_head]
    return [
        layer
        for layer, following in zip(body, [*body[1:], None], strict=False)
        if following is None or following.block != layer.block
    ]


def _earns_bonus(spec: ArchitectureSpec) -> bool:
    transitions = _block_ends(spec)[:-1]
    strided = any(layer.stride > 1 for layer in before_pooling(spec.layers))
    return bool(transitions) and not strided and all(_is_dilated(layer) for layer in transitions)


def _is_dilated(layer: Layer) -> bool:
    return not isinstance(layer.node, Pool) and layer.dilation > 1 and layer.kernel_size > 1


_RULES: tuple[Callable[[ArchitectureSpec, RuleLimits], RuleResult], ...] = (
    _num_params,
    _receptive_field,
    _blocks,
    _down_sampling,
    _no_max_pooling,
    _depthwise_separable,
    _dilated,
    _global_average_pooling,
    _fc_after_gap,
    _dilation_bonus,
)
