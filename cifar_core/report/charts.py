"""The interactive charts of an HTML report."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.colors import qualitative

from cifar_core.analysis.confusion import Counts, row_shares
from cifar_core.analysis.curves import Curve
from cifar_core.protocol import SPLIT_WORDS


def curves_chart(curves: Sequence[Curve]) -> go.Figure:
    """Accuracy over the epochs, of the evaluated images as lines and of training images dashed."""
    figure = go.Figure()
    for number, curve in enumerate(curves):
        color = qualitative.D3[number % len(qualitative.D3)]
        for name, shares, dash in (
            (SPLIT_WORDS[curve.split], curve.accuracy, "solid"),
            ("training", curve.values["train_accuracy"], "dash"),
        ):
            line = {"color": color, "dash": dash}
            title = f"{curve.title}, {name}"
            figure.add_scatter(x=curve.epochs, y=shares, name=title, line=line, mode="lines+markers")
    figure.update_layout(template="plotly_white", height=420, xaxis_title="Epoch", yaxis_title="Accuracy")
    figure.update_xaxes(**_whole_ticks(max((max(curve.epochs) for curve in curves), default=1)))
    figure.update_yaxes(tickformat=".0%", hoverformat=".2%")
    return figure


def _whole_ticks(last: int) -> dict[str, int]:
    """Few epochs would get ticks between them."""
    return {"dtick": 1} if last <= 12 else {}


def confusion_chart(matrix: Counts, names: Sequence[str]) -> go.Figure:
    """Counts of images, colored by the share of their true class."""
    heat = go.Heatmap(
        z=row_shares(matrix),
        x=names,
        y=names,
        text=matrix,
        texttemplate="%{text}",
        colorscale="Blues",
        zmin=0,
        zmax=1,
        hovertemplate="true %{y}, predicted %{x}: %{text}<extra></extra>",
    )
    figure = go.Figure(heat)
    figure.update_layout(template="plotly_white", height=560, width=680)
    figure.update_xaxes(title="Predicted class", type="category")
    figure.update_yaxes(title="True class", type="category", autorange="reversed")
    return figure
