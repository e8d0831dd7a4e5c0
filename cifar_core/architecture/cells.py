"""Cells that are computed for nothing: never read by what follows, or the same whatever the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.architecture.cost import cell_macs
from cifar_core.architecture.layers import IMAGE, Layer
from cifar_core.architecture.nodes import Branch, Conv, NormStep, Pool
from cifar_core.architecture.taps import pulled_back, taps

MAX_SIDE = 256
"""Cells; larger maps are not analysed, so that an edit stays quick."""
Mask = NDArray[np.bool_]
"""bool [n_out, n_out]: one flag a cell."""


@dataclass(frozen=True, slots=True)
class CellUse:
    """What becomes of the cells of one layer's output map at inference."""

    cells: int
    unread: int
    """No later layer reads them: a 1x1 convolution with stride 2 leaves three quarters of its input so."""
    constant: int
    """Every tap falls on padding or on constant cells, so that they do not depend on the image."""
    zero: int
    """Constant and exactly 0: no bias, no shift."""
    wasted_macs: int
    """MACs spent on cells that are unread or constant."""


def cell_use(layers: Sequence[Layer]) -> tuple[CellUse, ...] | None:
    """How the cells of every layer are used, in the order of the layers; None if a map is larger than `MAX_SIDE`.

    At inference a batch norm works cell by cell; group norms and gates read the whole map, and what depends on the
    whole map is taken as dependent on the image.
    """
    if any(max(layer.n_in, layer.n_out) > MAX_SIDE for layer in layers):
        return None
    read = _read_cells(layers)
    constant, zero = _constant_cells(layers)
    uses = []
    for layer, used, fixed, nought in zip(layers, read, constant, zero, strict=True):
        wasted = int((~used | fixed).sum()) * cell_macs(layer)
        uses.append(CellUse(used.size, int((~used).sum()), int(fixed.sum()), int(nought.sum()), wasted))
    return tuple(uses)


def _read_cells(layers: Sequence[Layer]) -> list[Mask]:
    """Cells of each output map that reach the logits, walked backwards."""
    read: list[Mask] = [np.zeros((layer.n_out, layer.n_out), dtype=bool) for layer in layers]
    if layers:
        read[-1][:] = True
    for at in range(len(layers) - 1, IMAGE, -1):
        layer = layers[at]
        before, behind = _whole_map_steps(layer)
        if behind and read[at].any():
            read[at][:] = True
        for source in layer.inputs:
            if source == IMAGE:
                continue
            pulled = pulled_back(layer, read[at].astype(float), layers[source].n_out) > 0
            read[source] |= pulled | (before and bool(pulled.any()))
    return read


def _constant_cells(layers: Sequence[Layer]) -> tuple[list[Mask], list[Mask]]:
    """Constant cells, and those of them that are 0, of each output map, walked forwards."""
    constant: list[Mask] = []
    zero: list[Mask] = []
    for layer in layers:
        sources = [_source(constant, zero, source, layer) for source in layer.inputs]
        if layer.is_join:
            fixed = sources[0][0] & sources[1][0]
            nought = sources[0][1] & sources[1][1]
        else:
            fixed, nought = _through(layer, *sources[0])
        if _whole_map_steps(layer)[1]:
            fixed, nought = np.zeros_like(fixed), np.zeros_like(nought)
        if _shifts_behind(layer):
            nought = np.zeros_like(nought)
        constant.append(fixed)
        zero.append(nought)
    return constant, zero


def _source(constant: list[Mask], zero: list[Mask], source: int, reader: Layer) -> tuple[Mask, Mask]:
    if source == IMAGE:
        nothing = np.zeros((reader.n_in, reader.n_in), dtype=bool)
        return nothing, nothing
    return constant[source], zero[source]


def _through(layer: Layer, fixed: Mask, nought: Mask) -> tuple[Mask, Mask]:
    """Constant and zero cells behind a convolution, pooling or linear layer."""
    before, _ = _whole_map_steps(layer)
    if before:
        fixed, nought = np.zeros_like(fixed), np.zeros_like(nought)
    elif _shifts_before(layer):
        nought = np.zeros_like(nought)
    if _is_linear(layer):
        return np.full((1, 1), bool(fixed.all())), np.full((1, 1), bool(nought.all()) and not _has_bias(layer))
    matrix = taps(layer)
    depends = matrix @ (~fixed).astype(float) @ matrix.T > 0
    not_nought = matrix @ (~nought).astype(float) @ matrix.T > 0
    return ~depends, ~not_nought & (not _has_bias(layer))


def _is_linear(layer: Layer) -> bool:
    return layer.op == "linear"


def _has_bias(layer: Layer) -> bool:
    return not isinstance(layer.node, Pool | Branch) and layer.node.bias


def _split_steps(layer: Layer) -> tuple[list[object], list[object]]:
    """Steps before the conv or linear step, and behind it; those of a join are all behind it."""
    if isinstance(layer.node, Pool):
        return [], []
    steps: list[object] = list(layer.node.steps)
    if isinstance(layer.node, Branch):
        return [], steps
    middle = "conv" if isinstance(layer.node, Conv) else "linear"
    at = next(number for number, step in enumerate(layer.node.steps) if step.step == middle)
    return steps[:at], steps[at + 1 :]


def _whole_map_steps(layer: Layer) -> tuple[bool, bool]:
    """Whether a step before, or behind, the convolution reads the whole map."""
    before, behind = _split_steps(layer)
    return _any_reads_whole_map(before), _any_reads_whole_map(behind)


def _any_reads_whole_map(steps: list[object]) -> bool:
    return any(getattr(step, "reads_whole_map", False) for step in steps)


def _shifts_before(layer: Layer) -> bool:
    return any(isinstance(step, NormStep) for step in _split_steps(layer)[0])


def _shifts_behind(layer: Layer) -> bool:
    return any(isinstance(step, NormStep) for step in _split_steps(layer)[1])
