"""The assignment's constraints on a network, each judged with the value it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from cifar_core.architecture.cost import num_params
from cifar_core.architecture.geometry import receptive_field
from cifar_core.architecture.layers import IMAGE, Layer, before_pooling
from cifar_core.architecture.nodes import Branch, Pool
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
    if room == 0:
        detail = "just enough."
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
    ends = _transitions(spec)
    missing = [block for block, convs in ends.items() if any(conv.stride != 2 for conv in convs)]
    bonus = _earns_bonus(spec)
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
        value=len(ends) - len(missing),
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
    layers = before_pooling(spec.layers)
    pairs = [first.name for layer in layers if (first := _depthwise_before(layer, layers)) is not None]
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
    pools = [layer for layer in spec.layers if layer.op in ("adaptive_avg", "avg") and layer.pools_whole_map]
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
    transitions = _transitions(spec)
    strided = [layer.name for layer in before_pooling(spec.layers) if layer.stride > 1]
    missing = [block for block, convs in transitions.items() if not all(conv.dilated for conv in convs)]
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
        value=len(transitions) - len(missing),
        limit=f"{len(transitions)} of {len(transitions)}",
        required=False,
        detail=detail,
    )


def _earns_bonus(spec: ArchitectureSpec) -> bool:
    transitions = _transitions(spec)
    strided = any(layer.stride > 1 for layer in before_pooling(spec.layers))
    return bool(transitions) and not strided and all(conv.dilated for convs in transitions.values() for conv in convs)


@dataclass(frozen=True, slots=True)
class _EndConvolution:
    """What stands at the end of a block: one convolution, or a depthwise-separable pair taken as one."""

    stride: int
    dilated: bool


def _transitions(spec: ArchitectureSpec) -> dict[str, tuple[_EndConvolution, ...]]:
    """The convolutions that end each block but the last: two where paths with a convolution each join there."""
    last_of_block = {layer.block: at for at, layer in enumerate(spec.layers) if not layer.in_head}
    ends = {block: tuple(_end_convolutions(at, spec.layers)) for block, at in last_of_block.items()}
    return {block: ends[block] for block in spec.blocks[:-1]}


def _end_convolutions(at: int, layers: Sequence[Layer]) -> Iterator[_EndConvolution]:
    layer = layers[at]
    if isinstance(layer.node, Branch):
        main, shortcut = layer.inputs
        yield from _end_convolutions(main, layers)
        if layer.node.shortcut:
            yield from _end_convolutions(shortcut, layers)
        return
    first = _depthwise_before(layer, layers)
    pair = [layer] if first is None or first.block != layer.block else [first, layer]
    yield _EndConvolution(math.prod(conv.stride for conv in pair), any(_is_dilated(conv) for conv in pair))


def _depthwise_before(layer: Layer, layers: Sequence[Layer]) -> Layer | None:
    """The depthwise convolution that makes a depthwise-separable one together with this 1x1; None for others."""
    if layer.op != "pointwise" or layer.inputs[0] == IMAGE:
        return None
    first = layers[layer.inputs[0]]
    return first if first.op == "depthwise" and first.kernel_size > 1 else None


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
