"""The trials of a sweep: accuracy against parameters, and what the parameters of the search explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cifar_core.ui.colors import NEUTRAL, color
from cifar_core.ui.figures.layout import laid_out


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """A trial that was trained to its end."""

    num_params: int
    accuracy: float
    """In 0..1."""
    title: str
    """What the pointer tells of it."""
    on_front: bool
    """Whether no other one has fewer parameters and more accuracy."""


def pareto_figure(points: Sequence[ParetoPoint], params_below: int, height: int = 380) -> go.Figure:
    """Each trial a dot, the best for each number of parameters joined, and the assignment's limit as a line.

    Args:
        points: the trials that were trained to their end.
        params_below: the assignment's limit.
        height: screen pixels.
    """
    figure = go.Figure()
    front = sorted((point for point in points if point.on_front), key=lambda point: point.num_params)
    figure.add_scatter(
        x=[point.num_params for point in front],
        y=[100 * point.accuracy for point in front],
        mode="lines",
        line={"color": color(0), "width": 2, "shape": "hv"},
        name="best for its size",
        hoverinfo="skip",
        showlegend=False,
    )
    others = [point for point in points if not point.on_front]
    for name, shown, tone, symbol in (
        ("on the front", front, color(0), "circle"),
        ("another trial", others, NEUTRAL, "circle-open"),
    ):
        figure.add_scatter(
            x=[point.num_params for point in shown],
            y=[100 * point.accuracy for point in shown],
            mode="markers",
            marker={"size": 11, "color": tone, "symbol": symbol, "line": {"width": 2}},
            name=name,
            text=[point.title for point in shown],
            hovertemplate="%{text}<extra></extra>",
        )
    figure.add_vline(x=params_below, line={"color": color(1), "dash": "dash"})
    at = {"x": params_below, "y": 1, "yref": "paper", "xanchor": "right", "yanchor": "bottom"}  # no trial lies there
    figure.add_annotation(text=f"{params_below:,} parameters", showarrow=False, **at)
    most = max((point.num_params for point in points), default=params_below)
    return laid_out(
        figure,
        height,
        xaxis={"title": "parameters", "tickformat": ",d", "range": [0, 1.04 * max(most, params_below)]},
        yaxis={"title": "validation accuracy (%)"},
    )


def importance_figure(importances: Mapping[str, float]) -> go.Figure:
    """The share of the differences in accuracy that each parameter explains, largest on top."""
    names = list(importances)[::-1]
    figure = go.Figure(
        go.Bar(x=[100 * importances[name] for name in names], y=names, orientation="h", marker={"color": color(0)})
    )
    figure.update_traces(hovertemplate="%{y}: %{x:.0f} %<extra></extra>", texttemplate="%{x:.0f} %")
    axis = {"title": "share (%)", "range": [0, 100], "tickvals": [0, 25, 50, 75, 100]}
    # No legend stands above it.
    return laid_out(figure, 66 + 36 * len(names), xaxis=axis).update_layout(margin_t=8)
