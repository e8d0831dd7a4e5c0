"""What all figures share."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go


def laid_out(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Sets height and narrow margins; a fixed `uirevision` keeps zoom and hidden lines through a refresh."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 32, "b": 8},
        uirevision="keep",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.07, "x": 0.0},
        **layout,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
