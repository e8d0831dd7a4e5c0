"""How two networks differ, class by class."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cifar_core.analysis.pairs import ClassPair
from cifar_core.ui.colors import RIGHT, WRONG
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import counted, percent


def class_difference_figure(classes: Sequence[ClassPair], first: str, second: str) -> go.Figure:
    """Recall of the first network less that of the second, in points, the first one's best class on top.

    Args:
        classes: those without images are left out.
        first: short name of the first network.
        second: short name of the second one.
    """
    rows = sorted(
        (row for row in classes if row.support), key=lambda row: row.recall_first - row.recall_second, reverse=True
    )
    points = [100 * (row.recall_first - row.recall_second) for row in rows]
    figure = go.Figure(
        go.Bar(
            x=points,
            y=[row.name for row in rows],
            orientation="h",
            marker={"color": [RIGHT if value >= 0 else WRONG for value in points]},
            text=[f"{value:+.1f}" for value in points],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                f"{row.name}, {counted(row.support, 'image')}: {first} {percent(row.recall_first)}, "
                f"{second} {percent(row.recall_second)}"
                for row in rows
            ],
            hoverinfo="text",
        )
    )
    # Room for the numbers beyond the bars' ends.
    side = 1.25 * max((abs(value) for value in points), default=0) or 1
    return laid_out(
        figure,
        80 + 30 * len(rows),
        xaxis={"title": f"recall of {first} less that of {second}, points", "range": [-side, side]},
        yaxis={"autorange": "reversed", "type": "category"},  # digits are names, too
    )
