"""What one cell of a layer sees of the image: through how many paths it depends on each pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cifar_core.architecture.layers import IMAGE, Layer
from cifar_core.architecture.taps import Grid, pulled_back


def path_counts(layers: Sequence[Layer], size: int, position: int, row: int, column: int) -> Grid:
    """Number of paths from each pixel to one cell of a layer, on the image with its padding.

    A path goes through one tap of every kernel on its way; channels are not counted. Its share of all paths is also
    the expected share of the squared gradient where weights are independent with one variance and nothing else acts
    (Luo, Li, Urtasun, Zemel: "Understanding the Effective Receptive Field", NeurIPS 2016).

    Args:
        layers: of the whole network.
        size: side of the image, in pixels.
        position: of the layer among them.
        row: of the cell, in [0, n_out).
        column: of the cell.

    Returns:
        float64 [size, size], scaled so that the largest is 1; all 0 where the cell sees only padding.
    """
    start = np.zeros((layers[position].n_out,) * 2)
    start[row, column] = 1.0
    pending: dict[int, Grid] = {position: start}
    for at in range(position, IMAGE, -1):
        weights = pending.pop(at, None)
        if weights is None:
            continue
        for source in layers[at].inputs:
            side = size if source == IMAGE else layers[source].n_out
            pulled = pulled_back(layers[at], weights, side)
            pending[source] = pending[source] + pulled if source in pending else pulled
        # Forty layers of 31 x 31 kernels would leave float64's range; only the proportions are told.
        largest = max(float(grid.max()) for grid in pending.values())
        if largest > 0:
            pending = {source: grid / largest for source, grid in pending.items()}
    return pending.get(IMAGE, np.zeros((size, size)))


def visible_square(layer: Layer, row: int, column: int) -> tuple[int, int, int]:
    """The square that a cell can depend on: (top, left, side), in pixels; it may reach beyond the image."""
    return layer.offset + row * layer.jump_out, layer.offset + column * layer.jump_out, layer.r_out
