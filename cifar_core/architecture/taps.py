"""Which cells of its input map a layer reads, along one axis: kernels are square, so both axes are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import Conv, Linear

Grid = NDArray[np.float64]
"""float64 [n, n]: one number a cell."""


def taps(layer: Layer) -> Grid:
    """float64 [n_out, n_in]: how often output cell i reads input cell x, zero padding left out.

    Reflected and replicated padding counts as a read of the cell that it copies.
    """
    matrix = np.zeros((layer.n_out, layer.n_in))
    starts = np.arange(layer.n_out) * layer.stride - layer.pad_before
    cells = starts[:, None] + np.arange(layer.kernel_size) * layer.dilation
    rows = np.broadcast_to(np.arange(layer.n_out)[:, None], cells.shape)
    mode = layer.node.padding_mode if isinstance(layer.node, Conv) else "zeros"
    if mode == "replicate":
        cells = cells.clip(0, layer.n_in - 1)
    elif mode == "reflect":
        cells = np.where(cells < 0, -cells, cells)
        cells = np.where(cells >= layer.n_in, 2 * (layer.n_in - 1) - cells, cells)
    inside = (cells >= 0) & (cells < layer.n_in)
    np.add.at(matrix, (rows[inside], cells[inside]), 1.0)
    return matrix


def pulled_back(layer: Layer, weights: Grid, source_side: int) -> Grid:
    """Numbers on a layer's output cells, summed over all reads onto the cells of one of its inputs.

    Args:
        layer: that reads.
        weights: [n_out, n_out].
        source_side: of the map that it reads. A Linear reads all of it, whatever its side.
    """
    if isinstance(layer.node, Linear):
        return np.full((source_side, source_side), weights.sum())
    if layer.is_join:
        return weights
    matrix = taps(layer)
    pulled: Grid = matrix.T @ weights @ matrix
    return pulled
