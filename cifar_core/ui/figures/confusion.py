"""The confusion matrix, clickable."""

from __future__ import annotations

from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.analysis.confusion import Counts, row_shares
from cifar_core.ui.colors import RIGHT, WRONG, faded
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import counted, percent

MatrixMode = Literal["counts", "by row", "by column"]


def confusion_figure(
    matrix: Counts,
    class_names: tuple[str, ...],
    mode: MatrixMode,
    text_color: str,
    chosen: tuple[int | None, int | None] = (None, None),
    height: int = 560,
) -> go.Figure:
    """Rows are true classes, columns predicted ones; right answers in one colour, mistakes in another.

    Both are shaded by the share of the row, or of the column where that is what the cells show, the mistakes up to the
    largest of them: on one scale with the right answers all would look empty.

    What is chosen by (true, predicted) class is framed: a cell, or a row or column where only one is given.

    A Heatmap's click returns an empty selection (streamlit #8760); the invisible markers over it return one, with
    (true class, predicted class) as `customdata`.
    """
    shares = row_shares(matrix.T).T if mode == "by column" else row_shares(matrix)
    figure = go.Figure([*_shades(shares), _cells(matrix, shares, class_names, mode, text_color)])
    ticks = {"tickmode": "array", "tickvals": list(range(len(class_names))), "ticktext": list(class_names)}
    grid = {"showgrid": False, "zeroline": False, "fixedrange": True}
    if chosen != (None, None):
        (top, bottom), (left, right) = (_span(number, len(class_names)) for number in chosen)
        frame = {"color": text_color, "width": 2}
        figure.add_shape(type="rect", x0=left, x1=right, y0=top, y1=bottom, line=frame)
    return laid_out(
        figure,
        height,
        xaxis={**ticks, **grid, "title": "predicted class", "side": "top"},
        yaxis={**ticks, **grid, "title": "true class", "autorange": "reversed"},
        clickmode="event+select",
        dragmode=False,
    )


def _shades(shares: NDArray[np.float64]) -> list[go.Heatmap]:
    """The right answers, and the mistakes, each on a scale of its own."""
    diagonal = np.eye(len(shares), dtype=bool)
    traces = []
    for mask, shade in ((diagonal, RIGHT), (~diagonal, WRONG)):
        cells = np.where(mask, shares, np.nan)
        top = max(float(np.nanmax(cells)), 1e-9)
        scale = [[0.0, faded(shade, 0.0)], [1.0, faded(shade, 0.7)]]
        traces.append(
            go.Heatmap(z=cells, colorscale=scale, zmin=0, zmax=top, showscale=False, hoverinfo="skip", xgap=1, ygap=1)
        )
    return traces


def _cells(
    matrix: Counts, shares: NDArray[np.float64], class_names: tuple[str, ...], mode: MatrixMode, text_color: str
) -> go.Scatter:
    """What stands in the cells, on markers that nobody sees and that take the click."""
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    cells = list(zip(rows, columns, strict=True))
    whole = "column" if mode == "by column" else "row"
    texts = [f"{matrix[cell]:,}" if mode == "counts" else f"{100 * shares[cell]:.0f} %" for cell in cells]
    hover = [
        f"{counted(matrix[true, answer], 'image')} of {class_names[true]} called {class_names[answer]} "
        f"({percent(shares[true, answer])} of the {whole})"
        for true, answer in cells
    ]
    # A selection fades what is not selected: the matrix must stay readable behind a click.
    unfaded = {"marker": {"opacity": 0}, "textfont": {"color": text_color}}
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers+text",
        marker={"symbol": "square", "size": 34, "opacity": 0},
        text=[text if matrix[cell] else "" for text, cell in zip(texts, cells, strict=True)],
        textfont={"color": text_color, "size": 13},
        customdata=np.stack([rows, columns], axis=1).tolist(),
        hovertext=hover,
        hoverinfo="text",
        showlegend=False,
        selected=unfaded,
        unselected=unfaded,
    )


def _span(number: int | None, count: int) -> tuple[float, float]:
    """Where a class begins and ends along an axis; None stands for all of them."""
    return (-0.5, count - 0.5) if number is None else (number - 0.5, number + 0.5)
