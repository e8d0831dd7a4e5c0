"""Copies of nodes with other fields, unchecked: for looking at many variants of a network quickly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from cifar_core.architecture.nodes import Branch, Node

Fields = Mapping[str, Any]


def nodes_with(nodes: Sequence[Node], fields: Mapping[int, Fields]) -> tuple[Node, ...]:
    """The body's nodes with fields of some convolutions replaced, by the positions of their layers; not validated."""
    return _renewed(nodes, fields, count())


def _renewed(nodes: Sequence[Node], fields: Mapping[int, Fields], positions: Iterator[int]) -> tuple[Node, ...]:
    renewed: list[Node] = []
    for node in nodes:
        if isinstance(node, Branch):
            paths = {name: _renewed(getattr(node, name), fields, positions) for name in ("main", "shortcut")}
            next(positions)  # the join
            renewed.append(node.model_copy(update=paths))
            continue
        wanted = fields.get(next(positions))
        renewed.append(node if wanted is None else node.model_copy(update=wanted))
    return tuple(renewed)
