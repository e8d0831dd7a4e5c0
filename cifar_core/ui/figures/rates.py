"""Learning rates: over a run that is yet to start, and what a loss says of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from cifar_core.ui.colors import color
from cifar_core.ui.figures.layout import laid_out


def rate_figure(epochs: Sequence[float], rates: Sequence[float], height: int = 180) -> go.Figure:
    """Learning rate over the epochs of a run that is yet to start."""
    line = {"color": color(0), "width": 2}
    figure = go.Figure(go.Scatter(x=epochs, y=rates, mode="lines", line=line))
    figure.update_traces(hovertemplate="epoch %{x:.1f}: %{y:.4f}<extra></extra>")
    return laid_out(figure, height, xaxis={"title": "epoch"}, yaxis={"title": "learning rate", "rangemode": "tozero"})


def range_figure(
    rates: Sequence[float], losses: Sequence[float], suggested: float | None = None, height: int = 220
) -> go.Figure:
    """Loss over a learning rate that grows geometrically, with the suggested rate marked.

    Args:
        rates: above 0, rising.
        losses: smoothed, in nats, one for each rate.
        suggested: None if there is none.
        height: screen pixels.
    """
    line = {"color": color(0), "width": 2}
    figure = go.Figure(go.Scatter(x=list(rates), y=list(losses), mode="lines", line=line))
    figure.update_traces(hovertemplate="rate %{x:.2g}: loss %{y:.3f}<extra></extra>")
    if suggested is not None:
        figure.add_vline(x=suggested, line={"color": color(1), "dash": "dash"})
        # Along a logarithmic axis Plotly places a line by its value, and a text by the logarithm of it.
        at = {"x": math.log10(suggested), "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top"}
        figure.add_annotation(text=f"{suggested:.2g}", showarrow=False, **at)
    # An exploded loss would press the rest flat.
    top = 1.3 * max(losses[: max(len(losses) // 4, 1)])
    low = min(losses)
    return laid_out(
        figure,
        height,
        xaxis={"title": "learning rate", "type": "log", "dtick": 1, "exponentformat": "power"},
        yaxis={"title": "loss (nats)", "range": [low - 0.1 * (top - low), top]},
    )
