"""A map of numbers laid over an image."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.data.datasets import Images
from cifar_core.ui.colors import RIGHT, WRONG, faded
from cifar_core.ui.figures.layout import laid_out
from cifar_core.ui.sprites import png_url

HEIGHT = 340
"""Screen pixels."""


def overlay_figure(
    image: Images,
    heat: NDArray[np.float32],
    unit: str,
    first: float = 0.0,
    step: float = 1.0,
    number_format: str = ".1f",
) -> go.Figure:
    """Numbers over the image in grey: orange above 0, blue below, the stronger the larger.

    Args:
        image: uint8 [size, size, 3].
        heat: [n, n], row by row from the top.
        unit: what the numbers are, beside the colour bar.
        first: pixel on which the centre of the map's first cell lies; outside 0..size-1 it lies in the padding.
        step: pixels between neighbouring cells.
        number_format: of a number, as d3 writes it.
    """
    size = len(image)
    grey = np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    reach = max(float(np.abs(heat).max()), 1e-6)
    low = -reach if heat.min() < 0 else 0.0
    scale = [[0.0, faded(WRONG, 0.0)], [1.0, faded(WRONG, 0.8)]]
    if low:
        scale = [[0.0, faded(RIGHT, 0.8)], [0.5, faded(RIGHT, 0.0)], [0.5, faded(WRONG, 0.0)], [1.0, scale[1][1]]]
    figure = go.Figure(go.Image(source=png_url(grey), hoverinfo="skip", zsmooth=False))
    figure.add_trace(
        go.Heatmap(
            z=heat,
            x0=first,
            dx=step,
            y0=first,
            dy=step,
            zmin=low,
            zmax=reach,
            colorscale=scale,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "tickformat": number_format},
            hovertemplate="%{z:" + number_format + "}<extra></extra>",
        )
    )
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return laid_out(
        figure,
        HEIGHT,
        xaxis={**axis, "range": [-0.5, size - 0.5]},
        yaxis={**axis, "range": [size - 0.5, -0.5], "scaleanchor": "x"},
        dragmode=False,
    )
