"""The confusion matrix, clickable."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from cifar_core.analysis.confusion import Counts, row_shares
from cifar_core.ui.colors import RIGHT, WRONG, faded
from cifar_core.ui.figures.layout import laid_out


def confusion_figure(
    matrix: Counts, class_names: tuple[str, ...], as_shares: bool, text_color: str, height: int = 560
) -> go.Figure:
    """Rows are true classes, columns predicted ones; right answers in one colour, mistakes in another.

    Both are shaded by the share of the row, the mistakes up to the largest of them: on one scale with the right
    answers all would look empty.

    A Heatmap's click returns an empty selection (streamlit #8760); the invisible markers over it return one, with
    (true class, predicted class) as `customdata`.
    """
    shares = row_shares(matrix)
    diagonal = np.eye(len(matrix), dtype=bool)
    figure = go.Figure()
    for mask, shade in ((diagonal, RIGHT), (~diagonal, WRONG)):
        cells = np.where(mask, shares, np.nan)
        top = max(float(np.nanmax(cells)), 1e-9)
        scale = [[0.0, faded(shade, 0.0)], [1.0, faded(shade, 0.7)]]
        figure.add_trace(
            go.Heatmap(z=cells, colorscale=scale, zmin=0, zmax=top, showscale=False, hoverinfo="skip", xgap=1, ygap=1)
        )
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    texts = [f"{shares[r, c]:.0%}" if as_shares else f"{matrix[r, c]:,}" for r, c in zip(rows, columns, strict=True)]
    hover = [
        f"{matrix[r, c]:,} images of {class_names[r]} called {class_names[c]} ({shares[r, c]:.1%})"
        for r, c in zip(rows, columns, strict=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=columns,
            y=rows,
            mode="markers+text",
            marker={"symbol": "square", "size": 34, "opacity": 0},
            text=[text if matrix[r, c] else "" for text, r, c in zip(texts, rows, columns, strict=True)],
            textfont={"color": text_color, "size": 13},
            customdata=np.stack([rows, columns], axis=1).tolist(),
            hovertext=hover,
            hoverinfo="text",
            showlegend=False,
            # A selection fades what is not selected: the matrix must stay readable behind a click.
            selected={"marker": {"opacity": 0}, "textfont": {"color": text_color}},
            unselected={"marker": {"opacity": 0}, "textfont": {"color": text_color}},
        )
    )
    ticks = {"tickmode": "array", "tickvals": list(range(len(class_names))), "ticktext": list(class_names)}
    grid = {"showgrid": False, "zeroline": False, "fixedrange": True}
    return laid_out(
        figure,
        height,
        xaxis={**ticks, **grid, "title": "predicted class", "side": "top"},
        yaxis={**ticks, **grid, "title": "true class", "autorange": "reversed"},
        clickmode="event+select",
        dragmode=False,
    )
