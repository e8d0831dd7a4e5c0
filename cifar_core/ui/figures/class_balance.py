"""How many images each class has."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cifar_core.ui.colors import color
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import count, counted

_BAR_HEIGHT, _MARGIN = 20, 16


def class_balance_figure(counts: Sequence[int], class_names: Sequence[str]) -> go.Figure:
    """A bar a class, as long as its number of images, the first class on top.

    Args:
        counts: images of each class.
        class_names: in the same order.
    """
    figure = go.Figure(
        go.Bar(
            x=list(counts),
            y=list(class_names),
            orientation="h",
            marker={"color": [color(number) for number in range(len(counts))]},
            text=[count(number) for number in counts],
            textposition="outside",
            cliponaxis=False,
            hovertext=[f"{name}: {counted(number, 'image')}" for name, number in zip(class_names, counts, strict=True)],
            hoverinfo="text",
        )
    )
    laid_out(
        figure,
        _MARGIN + _BAR_HEIGHT * len(counts),
        # Room for the numbers beyond the bars' ends.
        xaxis={"range": [0, 1.2 * max(counts, default=1)], "visible": False, "fixedrange": True},
        # A category: digits are names, not numbers.
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True},
        bargap=0.25,
    )
    # There is no legend that would need room.
    return figure.update_layout(margin_t=8)
