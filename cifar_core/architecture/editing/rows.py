"""The body of a network as an editable table: one row a node, and what edits of rows make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cifar_core.architecture.editing.step_words import format_steps, parse_steps
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import Branch, Conv, Node
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.errors import SpecError

Row = dict[str, Any]
COLUMNS = (
    "block", "kind", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "channel_multiplier",
    "bias", "padding_mode", "steps",
)  # fmt: skip
NEW_ROW: Row = {
    "out_channels": 32, "kernel_size": 3, "stride": 1, "padding": "1", "dilation": 1, "groups": "1",
    "channel_multiplier": 1, "bias": False, "padding_mode": "zeros", "steps": "conv batchnorm relu",
}  # fmt: skip
"""What a row that is added has where nothing was typed; its block is the last one's."""
_OF_BRANCH = ("block", "steps")


def rows_of(spec: ArchitectureSpec) -> list[Row]:
    """One row a node of the body, in order; cells that a branch has no use for are None."""
    return [_row(node, layer.out_channels) for node, layer in zip(spec.nodes, last_layers(spec), strict=True)]


def last_layers(spec: ArchitectureSpec) -> list[Layer]:
    """The layer that each node of the body ends in: itself, or of a branch the join."""
    ends, at = [], -1
    for node in spec.nodes:
        at += _num_layers(node)
        ends.append(spec.layers[at])
    return ends


def _num_layers(node: Node) -> int:
    if isinstance(node, Branch):
        return 1 + sum(map(_num_layers, (*node.main, *node.shortcut)))
    return 1


def _row(node: Node, out_channels: int) -> Row:
    if isinstance(node, Branch):
        blank = dict.fromkeys(COLUMNS)
        return {**blank, "block": node.block, "kind": branch_title(node), "steps": format_steps(node.steps)}
    return {
        "block": node.block,
        "kind": "depthwise" if node.groups == "depthwise" else "conv",
        "out_channels": out_channels,
        "kernel_size": node.kernel_size,
        "stride": node.stride,
        "padding": str(node.padding),
        "dilation": node.dilation,
        "groups": str(node.groups),
        "channel_multiplier": node.channel_multiplier,
        "bias": node.bias,
        "padding_mode": node.padding_mode,
        "steps": format_steps(node.steps),
    }


def branch_title(node: Branch) -> str:
    """A branch in a few words: "add: 2 nodes + identity"."""
    main = f"{len(node.main)} node{'s' if len(node.main) > 1 else ''}"
    return f"{node.combine}: {main} + {len(node.shortcut) or 'identity'}"


def with_row_edits(
    spec: ArchitectureSpec,
    edited: Mapping[int, Mapping[str, Any]],
    added: Sequence[Mapping[str, Any]] = (),
    deleted: Sequence[int] = (),
) -> ArchitectureSpec:
    """The network after edits of its table.

    Args:
        spec: that the table shows.
        edited: cells that were changed, by row number and column.
        added: rows at the end, each with the cells that were typed.
        deleted: numbers of the rows that go.

    Raises:
        SpecError: one sentence that names the row, counted from 1, or the node, the field, its value and what was
            allowed.
    """
    rows = rows_of(spec)
    nodes: list[Any] = [
        _edited(node, rows[at], edited[at], at + 1) if at in edited else node.model_dump()
        for at, node in enumerate(spec.nodes)
        if at not in deleted
    ]
    for offset, cells in enumerate(added):
        block = nodes[-1]["block"] if nodes else "C1"
        typed = {name: value for name, value in cells.items() if value is not None}
        nodes.append(_conv_data({**NEW_ROW, "block": block, **typed}, typed, len(rows) + offset + 1))
    return spec.changed(nodes=nodes)


def _edited(node: Node, row: Row, cells: Mapping[str, Any], number: int) -> Row:
    if not isinstance(node, Branch):
        return _conv_data({**row, **cells}, cells, number)
    unusable = [name for name in cells if name not in _OF_BRANCH]
    if unusable:
        raise SpecError(
            f"Row {number} is a branch, which has no {unusable[0]}: edit it as JSON below the table, or its block and "
            "the steps behind its join here."
        )
    return {**node.model_dump(), "block": cells.get("block", node.block) or "", **_steps(cells, number)}


def _conv_data(row: Row, typed: Mapping[str, Any], number: int) -> Row:
    """A row of a convolution as the data of a node; `typed` are the cells that a person wrote just now."""
    empty = [name for name, value in row.items() if value is None and name not in ("kind", "block")]
    if empty:
        raise SpecError(f"Row {number}: {empty[0]} is empty: type a value.")
    groups = _number_or_word(row["groups"])
    data: Row = {
        **{name: row[name] for name in ("kernel_size", "stride", "dilation", "bias", "padding_mode")},
        "type": "conv",
        "block": row["block"] or "",
        "padding": _number_or_word(row["padding"]),
        "groups": groups,
        "out_channels": row["out_channels"],
        "channel_multiplier": row["channel_multiplier"],
        **_steps(row, number),
    }
    if groups == "depthwise":
        if "out_channels" in typed and "groups" not in typed:
            raise SpecError(
                f"Row {number}: out_channels of a depthwise convolution follow from its input: set channel_multiplier, "
                "or groups to a number."
            )
        data["out_channels"] = None
    elif "channel_multiplier" not in typed:
        data["channel_multiplier"] = 1  # a depthwise convolution that becomes another kind leaves its multiplier
    return data


def _steps(cells: Mapping[str, Any], number: int) -> Row:
    if "steps" not in cells:
        return {}
    try:
        return {"steps": parse_steps(cells["steps"] or "")}
    except SpecError as error:
        raise SpecError(f"Row {number}: {error}") from None


def _number_or_word(value: object) -> object:
    """A number where digits were typed; a word such as "same" as it is, for the grammar to judge."""
    text = str(value).strip().lower()
    return int(text) if text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 10 else text


def moved(spec: ArchitectureSpec, at: int, by: int) -> ArchitectureSpec:
    """The network with one node moved up (-1) or down (+1); at the border of a block it joins the other one first.

    So a step in one direction is always undone by a step in the other.

    Raises:
        SpecError: the result is no valid network.
    """
    nodes = [node.model_dump() for node in spec.nodes]
    to = at + by
    if not 0 <= to < len(nodes):
        return spec
    if nodes[at]["block"] != nodes[to]["block"]:
        nodes[at]["block"] = nodes[to]["block"]
    else:
        nodes[at], nodes[to] = nodes[to], nodes[at]
    return spec.changed(nodes=nodes)


def without(spec: ArchitectureSpec, at: int) -> ArchitectureSpec:
    """The network with one node taken out.

    Raises:
        SpecError: the result is no valid network.
    """
    return spec.changed(nodes=[node.model_dump() for number, node in enumerate(spec.nodes) if number != at])


def inserted(spec: ArchitectureSpec, at: int, kind: str) -> ArchitectureSpec:
    """The network with something added behind a node, as wide as the map there.

    Args:
        spec: the network.
        at: of the node; -1 for the beginning.
        kind: "conv" (3x3), "separable" (depthwise 3x3, then 1x1) or "residual" (two 3x3 around an identity).

    Raises:
        SpecError: the result is no valid network.
    """
    if at >= 0:
        block, channels = spec.nodes[at].block, last_layers(spec)[at].out_channels
    else:
        block = spec.nodes[0].block if spec.nodes else "C1"
        channels = spec.input.channels if kind == "residual" else NEW_ROW["out_channels"]
    nodes = [node.model_dump() for node in spec.nodes]
    nodes[at + 1 : at + 1] = [node.model_dump() for node in new_nodes(kind, block, channels)]
    return spec.changed(nodes=nodes)


def new_nodes(kind: str, block: str, channels: int) -> list[Conv | Branch]:
    """The nodes that the editor's buttons add."""

    def conv(steps: str, **fields: Any) -> Conv:
        return Conv.parse({"block": block, "padding": 1, "steps": parse_steps(steps), **fields})

    if kind == "separable":
        depthwise = conv("conv batchnorm", groups="depthwise")
        return [depthwise, conv("conv batchnorm relu", out_channels=channels, kernel_size=1, padding=0)]
    if kind == "residual":
        first, second = (conv(s, out_channels=channels) for s in ("conv batchnorm relu", "conv batchnorm"))
        return [Branch.parse({"block": block, "main": [first, second], "steps": parse_steps("relu")})]
    return [conv("conv batchnorm relu", out_channels=channels)]
