"""Random valid networks over the whole grammar, small enough to be built and measured a hundred times."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cifar_core.architecture import ArchitectureSpec

MAX_FIELD = 200
MAX_JUMP = 16
ACTIVATIONS = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish")
TO_CLASSES = {"type": "conv", "out_channels": 10, "kernel_size": 1}
HEADS: tuple[list[dict[str, Any]], ...] = (
    [TO_CLASSES, {"type": "pool"}],
    [{**TO_CLASSES, "padding": 1, "bias": True}, {"type": "pool", "kind": "adaptive_max"}],
    [{"type": "pool"}, {**TO_CLASSES, "bias": True}],
    [{"type": "pool"}, {"type": "flatten"}, {"type": "linear", "out_features": 10}],
    [
        {"type": "flatten"},
        {"type": "linear", "out_features": 6, "steps": [{"step": "norm"}, {"step": "linear"}, {"step": "activation"}]},
        {"type": "linear", "out_features": 10, "steps": [{"step": "norm", "kind": "layer"}, {"step": "linear"}]},
    ],
    [{"type": "pool", "kind": "avg", "kernel_size": 1}, {"type": "flatten"}, {"type": "linear", "out_features": 10}],
    [{"type": "pool", "kind": "avg", "kernel_size": 2}, {**TO_CLASSES, "padding": 1}, {"type": "pool"}],
)  # fmt: skip
Place = tuple[int, int, int, int]
"""Channels, side of the map, jump, and a bound of the field."""
Data = dict[str, Any]


@st.composite
def conv_chains(draw: st.DrawFn) -> ArchitectureSpec:
    """Convolutions one after another."""
    return draw(networks(branches=False))


@st.composite
def networks(draw: st.DrawFn, branches: bool = True) -> ArchitectureSpec:
    """One to five nodes, with branches in branches among them."""
    channels, n = draw(st.integers(1, 4)), draw(st.integers(6, 20))
    image = {"channels": channels, "size": n}
    nodes: list[Data] = []
    place: Place = (channels, n, 1, 1)
    for number in range(draw(st.integers(1, 5))):
        if place[3] > MAX_FIELD // 2:
            break
        block = f"C{1 + number // 2}"
        if branches and draw(st.booleans()):
            node, place = _branch(draw, place, block, depth=0)
        else:
            node, place = _conv(draw, place, block)
        nodes.append(node)
    head = draw(st.sampled_from(HEADS if place[1] > 1 else HEADS[:6]))
    return ArchitectureSpec.parse({"input": image, "nodes": nodes, "head": head})


def _conv(draw: st.DrawFn, place: Place, block: str) -> tuple[Data, Place]:
    """A convolution that may do anything to the map."""
    channels, n, jump, field = place
    kernel, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    extent = dilation * (kernel - 1) + 1
    if field + (extent - 1) * jump > MAX_FIELD:
        kernel = extent = 1
    stride = draw(st.sampled_from([s for s in (1, 1, 2, 3) if s * jump <= MAX_JUMP]))
    least = max(0, -(-(extent - n) // 2))
    padding: int | str = draw(st.integers(least, least + 2))
    if stride == 1 and draw(st.booleans()):
        padding = "same"
    widest = (extent - 1) - (extent - 1) // 2 if isinstance(padding, str) else padding
    mode = draw(st.sampled_from(["zeros", "replicate", "reflect"] if widest < n else ["zeros", "replicate"]))
    node, out_channels = _channels(draw, channels)
    node |= {"block": block, "kernel_size": kernel, "dilation": dilation, "stride": stride, "padding": padding}
    node |= {"padding_mode": mode, "bias": draw(st.booleans()), "steps": _steps(draw, channels, out_channels, "conv")}
    if not isinstance(padding, str):
        n = len(range(0, n + 2 * padding - extent + 1, stride))
    return node, (out_channels, n, jump * stride, field + (extent - 1) * jump)


def _channels(draw: st.DrawFn, channels: int, out_channels: int | None = None) -> tuple[Data, int]:
    if out_channels is not None:
        return {"out_channels": out_channels}, out_channels
    groups = draw(st.sampled_from([1, 1, "depthwise", *(g for g in (2, 3) if channels % g == 0)]))
    if isinstance(groups, str):
        multiplier = draw(st.integers(1, 2)) if channels < 16 else 1
        return {"groups": groups, "channel_multiplier": multiplier}, channels * multiplier
    out_channels = groups * draw(st.integers(1, 6 // groups))
    return {"groups": groups, "out_channels": out_channels}, out_channels


def _branch(draw: st.DrawFn, place: Place, block: str, depth: int) -> tuple[Data, Place]:
    """Two paths whose maps come out equal; one that lies inside another branch keeps the map's side."""
    channels, n, jump, _ = place
    stride = draw(st.sampled_from([s for s in (1, 1, 2) if s * jump <= MAX_JUMP])) if depth == 0 else 1
    shrink = draw(st.sampled_from([s for s in (-2, 0, 0, 2) if s < n - 1])) if depth == 0 else 0
    identity = stride == 1 and shrink == 0 and draw(st.booleans())
    combine = draw(st.sampled_from(["add", "add", "concat"]))
    wide = channels if identity and combine == "add" else draw(st.integers(1, 6))
    main, end = _path(draw, place, block, stride, shrink, wide, depth)
    shortcut: list[Data] = []
    other: Place = place
    if not identity:
        narrow = wide if combine == "add" else draw(st.integers(1, 6))
        shortcut, other = _path(draw, place, block, stride, shrink, narrow, depth)
    out_channels = wide if combine == "add" else wide + other[0]
    node = {"type": "branch", "block": block, "main": main, "shortcut": shortcut, "combine": combine,
            "steps": _steps(draw, out_channels, out_channels, None)}  # fmt: skip
    # A bound: paths that lie off each other's centre have a box a little larger than either.
    return node, (out_channels, end[1], end[2], max(end[3], other[3]) + 2 * jump)


def _path(
    draw: st.DrawFn, place: Place, block: str, stride: int, shrink: int, out_channels: int, depth: int
) -> tuple[list[Data], Place]:
    """Nodes that keep the map's side, then a convolution that takes `shrink` cells from it and strides."""
    nodes: list[Data] = []
    if draw(st.booleans()):
        keep, place = _keeping(draw, place, block)
        nodes.append(keep)
    if depth == 0 and draw(st.integers(0, 2)) == 0:
        inner, place = _branch(draw, place, block, depth=1)
        nodes.append(inner)
    channels, n, jump, field = place
    kernels = [(1, 1), (1, 3), (2, 2), (3, 1), (3, 2), (3, 3), (5, 1), (5, 2)]
    fitting = [(k, d) for k, d in kernels if (k - 1) * d >= shrink and field + (k - 1) * d * jump <= MAX_FIELD]
    kernel, dilation = draw(st.sampled_from(fitting or [(3, 1)]))
    extent = dilation * (kernel - 1) + 1
    padding = (extent - 1 - shrink) // 2
    nodes.append(
        {"block": block, "out_channels": out_channels, "kernel_size": kernel, "dilation": dilation, "stride": stride,
         "padding": padding, "bias": draw(st.booleans()), "steps": _steps(draw, channels, out_channels, "conv")}
    )  # fmt: skip
    after = (n + 2 * padding - extent) // stride + 1
    return nodes, (out_channels, after, jump * stride, field + (extent - 1) * jump)


def _keeping(draw: st.DrawFn, place: Place, block: str) -> tuple[Data, Place]:
    """A convolution after which the map is as large as before."""
    channels, n, jump, field = place
    kernel = draw(st.integers(1, 4)) if field + 6 * jump < MAX_FIELD else 1
    node, out_channels = _channels(draw, channels)
    node |= {"block": block, "kernel_size": kernel, "dilation": draw(st.integers(1, 2)), "padding": "same",
             "steps": _steps(draw, channels, out_channels, "conv")}  # fmt: skip
    return node, (out_channels, n, jump, field + 2 * (kernel - 1) * jump)


def _steps(draw: st.DrawFn, channels: int, out_channels: int, middle: str | None) -> list[Data]:
    """Up to three steps before and behind the convolution; behind the join where there is none."""

    def some(channels: int) -> list[Data]:
        kinds: list[Data] = [
            {"step": "norm"},
            {"step": "norm"},
            {"step": "norm", "kind": "layer"},
            {"step": "activation", "kind": draw(st.sampled_from(ACTIVATIONS))},
            {"step": "activation", "kind": "relu"},
            {"step": "dropout", "kind": draw(st.sampled_from(["element", "channel"]))},
            {"step": "gate", "hidden_channels": draw(st.integers(1, 3))},
        ]
        # A group of a single channel is refused on a map of a single cell.
        divisors = [groups for groups in (1, 2, 3) if channels % groups == 0 and groups < channels]
        if divisors:
            kinds.append({"step": "norm", "kind": "group", "num_groups": draw(st.sampled_from(divisors))})
        steps: list[Data] = draw(st.lists(st.sampled_from(kinds), max_size=2))
        return steps

    return some(channels) if middle is None else [*some(channels), {"step": middle}, *some(out_channels)]
