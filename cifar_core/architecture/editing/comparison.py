"""Two networks side by side: their layers paired, and what each block costs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from cifar_core.architecture.cost import layer_macs, layer_params, num_macs, num_params
from cifar_core.architecture.description import LayerRow
from cifar_core.architecture.spec import ArchitectureSpec

_UNCOMPARED = ("name", "unread", "constant")
"""Fields of a row that an inserted layer elsewhere changes, or that are shares of others."""


@dataclass(frozen=True, slots=True)
class BlockTotals:
    """What a block costs."""

    params: int
    macs: int
    layers: int


@dataclass(frozen=True, slots=True)
class ComparedLayer:
    """A layer of one network beside the one that stands for it in the other."""

    status: Literal["same", "changed", "only left", "only right"]
    left: LayerRow | None
    right: LayerRow | None
    differing: tuple[str, ...]
    """Names of the fields that differ; empty unless changed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks, layer by layer and block by block."""

    rows: tuple[ComparedLayer, ...]
    left_blocks: dict[str, BlockTotals]
    right_blocks: dict[str, BlockTotals]
    left_total: BlockTotals
    right_total: BlockTotals


def compare(left: ArchitectureSpec, right: ArchitectureSpec) -> Comparison:
    """Pairs the layers of two networks so that one that was added or left out does not shift all that follow.

    Runs of layers with the same block, operation and kernel are paired first; what lies between two such runs is paired
    in order within each block, where the operation is the same.
    """
    rows: list[ComparedLayer] = []
    one, other = (tuple(map(LayerRow.of, spec.layers)) for spec in (left, right))
    matcher = difflib.SequenceMatcher(None, [_key(row) for row in one], [_key(row) for row in other], autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        here, there = one[start:end], other[other_start:other_end]
        rows += map(_compared, here, there) if tag == "equal" else _unlike(here, there)
    return Comparison(tuple(rows), block_totals(left), block_totals(right), _total(left), _total(right))


def block_totals(spec: ArchitectureSpec) -> dict[str, BlockTotals]:
    """Parameters, MACs and layers by block, in order; the head is the block "head"."""
    totals: dict[str, BlockTotals] = {}
    for layer in spec.layers:
        sums = totals.get(layer.block, BlockTotals(0, 0, 0))
        params, macs = sums.params + layer_params(layer), sums.macs + layer_macs(layer)
        totals[layer.block] = BlockTotals(params, macs, sums.layers + 1)
    return totals


def _total(spec: ArchitectureSpec) -> BlockTotals:
    return BlockTotals(num_params(spec.layers), num_macs(spec.layers), len(spec.layers))


def _key(row: LayerRow) -> tuple[object, ...]:
    return row.block, row.op, row.kernel, row.stride, row.dilation


def _unlike(here: Sequence[LayerRow], there: Sequence[LayerRow]) -> list[ComparedLayer]:
    """Rows for a stretch in which the networks differ, block by block."""
    rows: list[ComparedLayer] = []
    blocks = [list(dict.fromkeys(row.block for row in side)) for side in (here, there)]
    matcher = difflib.SequenceMatcher(a=blocks[0], b=blocks[1], autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        mine = [[row for row in here if row.block == block] for block in blocks[0][start:end]]
        others = [[row for row in there if row.block == block] for block in blocks[1][other_start:other_end]]
        if tag == "equal":
            rows += (row for one, other in zip(mine, others, strict=True) for row in _of_block(one, other))
        else:
            rows += (_compared(row, None) for block in mine for row in block)
            rows += (_compared(None, row) for block in others for row in block)
    return rows


def _of_block(here: Sequence[LayerRow], there: Sequence[LayerRow]) -> Iterator[ComparedLayer]:
    for one, other in zip_longest(here, there):
        if one is None or other is None or _family(one) == _family(other):
            yield _compared(one, other)
        else:
            yield from (_compared(one, None), _compared(None, other))


def _family(row: LayerRow) -> str:
    """Convolutions of any kind may stand for each other; a join or a pooling stands for its like alone."""
    return "conv" if row.op in ("conv", "depthwise", "pointwise", "grouped") else row.op


def _compared(left: LayerRow | None, right: LayerRow | None) -> ComparedLayer:
    if left is None or right is None:
        return ComparedLayer("only left" if right is None else "only right", left, right, ())
    fields = (name for name in LayerRow.model_fields if name not in _UNCOMPARED)
    differing = tuple(name for name in fields if getattr(left, name) != getattr(right, name))
    return ComparedLayer("changed" if differing else "same", left, right, differing)
