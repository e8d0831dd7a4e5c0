"""Random networks with nested branches whose channels are tied in every way that the grammar knows."""

from __future__ import annotations

from hypothesis import strategies as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.nodes import Branch, Conv, ConvNodeStep, ConvStep, GateStep, Node, NormStep, Pool

FACTORS = (1, 1, 2, 3, 4, 6)


@st.composite
def networks(draw: st.DrawFn) -> ArchitectureSpec:
    """A network of one to four blocks, each a few nodes; every map keeps its side."""
    channels, nodes = 3, list[Node]()
    for block in range(draw(st.integers(1, 4))):
        for _ in range(draw(st.integers(1, 2))):
            node, channels = _node(draw, channels, f"C{block + 1}", depth=0)
            nodes.append(node)
    head = (Pool(), Conv(out_channels=10, kernel_size=1, groups=_divisor(draw, channels, 10), bias=True))
    if draw(st.booleans()):
        return ArchitectureSpec.model_validate({"input": {"size": 8}, "nodes": nodes, "head": head})
    # Without a classifier of its own: the body ends in the classes.
    nodes.append(Conv(block="C9", out_channels=10, kernel_size=1))
    return ArchitectureSpec.model_validate({"input": {"size": 8}, "nodes": nodes, "head": (Pool(),)})


def _node(draw: st.DrawFn, channels: int, block: str, depth: int) -> tuple[Node, int]:
    kind = draw(
        st.sampled_from(["conv", "conv", "depthwise", "identity", "paths", "concat"] if depth < 2 else ["conv"])
    )
    if kind == "depthwise":
        multiplier = draw(st.integers(1, 3)) if channels < 64 else 1
        steps = _steps(draw, channels, channels * multiplier)
        depthwise = Conv(block=block, groups="depthwise", channel_multiplier=multiplier, padding=1, steps=steps)
        return depthwise, channels * multiplier
    if kind == "conv":
        return _conv(draw, channels, draw(st.sampled_from([4, 6, 10, 12, 24])), block)
    if kind == "identity":
        inner, between = _node(draw, channels, block, depth + 1)
        back, _ = _conv(draw, between, channels, block)
        return _branch(draw, block, [inner, back], [], "add", channels), channels
    main, wide = _node(draw, channels, block, depth + 1)
    other, narrow = _node(draw, channels, block, depth + 1)
    if kind == "concat":
        return _branch(draw, block, [main], [other], "concat", wide + narrow), wide + narrow
    back, _ = _conv(draw, narrow, wide, block)
    return _branch(draw, block, [main], [other, back], "add", wide), wide


def _branch(draw: st.DrawFn, block: str, main: list[Node], shortcut: list[Node], combine: str, channels: int) -> Branch:
    norm = [NormStep(kind="group", num_groups=_divisor(draw, channels, channels))] if draw(st.booleans()) else []
    fields = {"block": block, "main": main, "shortcut": shortcut, "combine": combine, "steps": norm}
    return Branch.model_validate(fields)


def _conv(draw: st.DrawFn, channels: int, out_channels: int, block: str) -> tuple[Conv, int]:
    groups = _divisor(draw, channels, out_channels)
    steps = _steps(draw, channels, out_channels)
    return Conv(block=block, out_channels=out_channels, groups=groups, padding=1, steps=steps), out_channels


def _steps(draw: st.DrawFn, channels: int, out_channels: int) -> tuple[ConvNodeStep, ...]:
    before = NormStep(kind="group", num_groups=_divisor(draw, channels, channels))
    behind = NormStep(kind="group", num_groups=_divisor(draw, out_channels, out_channels))
    gate = GateStep(hidden_channels=4)
    return draw(st.sampled_from([(ConvStep(),), (ConvStep(), gate), (before, ConvStep()), (ConvStep(), behind)]))


def _divisor(draw: st.DrawFn, one: int, other: int) -> int:
    return draw(st.sampled_from([factor for factor in FACTORS if one % factor == 0 and other % factor == 0]))
