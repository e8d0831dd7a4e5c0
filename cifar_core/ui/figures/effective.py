"""The effective receptive field as a picture."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.data.datasets import IMAGE_SIZE
from cifar_core.ui.colors import PALETTE
from cifar_core.ui.figures.layout import laid_out

MAX_SHOWN = 128
"""Pixels: what lies further out holds next to nothing."""


def effective_figure(density: NDArray[np.float64], side_50: int, side_95: int) -> go.Figure:
    """Squared gradient by pixel, with the squares that hold half and 95 % of it, and the image's own.

    Args:
        density: [r, r], summing to 1.
        side_50: of the smaller square, in pixels.
        side_95: of the larger one.
    """
    side = len(density)
    shown = min(side, MAX_SHOWN)
    cut = (side - shown) // 2
    part = density[cut : cut + shown, cut : cut + shown]
    # The square root shows what is faint; places are told from the field's centre.
    place = np.arange(shown) + cut - (side - 1) / 2
    figure = go.Figure(
        go.Heatmap(
            z=np.sqrt(part / max(float(part.max()), 1e-300)),
            x=place,
            y=place,
            colorscale="Cividis",
            showscale=False,
            customdata=100 * part,
            hovertemplate="%{x:+.1f}, %{y:+.1f} px from the centre: %{customdata:.3f} % of the gradient<extra></extra>",
        )
    )
    squares = ((side_50, f"half: {side_50} px", "dash"), (side_95, f"95 %: {side_95} px", "dot"))
    for length, name, dash in (*squares, (IMAGE_SIZE, f"image: {IMAGE_SIZE} px", "solid")):
        half = length / 2
        figure.add_trace(
            go.Scatter(
                x=[-half, half, half, -half, -half],
                y=[-half, -half, half, half, -half],
                mode="lines",
                line={"color": PALETTE[9] if dash == "solid" else PALETTE[1], "width": 2, "dash": dash},
                name=name,
                hoverinfo="name",
            )
        )
    edge = max(shown, IMAGE_SIZE) / 2 + 1
    axis = {"visible": False, "fixedrange": True, "range": [-edge, edge], "constrain": "domain"}
    return laid_out(figure, 380, xaxis=axis, yaxis={**axis, "scaleanchor": "x"})
