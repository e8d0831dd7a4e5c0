"""What networks said of one image, class by class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.ui.colors import NEUTRAL, RIGHT, WRONG, color
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import percent

_BAR_HEIGHT, _MARGIN = 22, 60


def probability_figure(
    rows: Sequence[tuple[str, NDArray[np.float32]]], class_names: Sequence[str], true_class: int | None = None
) -> go.Figure:
    """A bar a class, as long as its probability; with several networks, one beside the other.

    Args:
        rows: name and probabilities [num_classes] of each network, in 0..1, the first on top.
        class_names: in the order of the probabilities.
        true_class: is marked, where it is known. A single network's bars are coloured by it: the right answer, a wrong
            one, and the others.
    """
    labels = [f"<b>{name} (true)</b>" if at == true_class else name for at, name in enumerate(class_names)]
    figure = go.Figure()
    for number, (title, probabilities) in enumerate(rows):
        figure.add_trace(
            go.Bar(
                x=probabilities.tolist(),
                y=labels,
                name=title,
                orientation="h",
                marker={"color": color(number) if len(rows) > 1 else _answer_colors(probabilities, true_class)},
                text=[percent(float(share)) for share in probabilities],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.2%}<extra>" + title + "</extra>",
            )
        )
    return laid_out(
        figure,
        _MARGIN + _BAR_HEIGHT * len(labels) * max(len(rows), 1),
        xaxis={"range": [0, 1.12], "visible": False, "fixedrange": True},
        # A category: digits are names, not numbers.
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True},
        showlegend=len(rows) > 1,
        bargap=0.25,
    )


def _answer_colors(probabilities: NDArray[np.float32], true_class: int | None) -> list[str]:
    answer = int(probabilities.argmax())
    colors = [NEUTRAL] * len(probabilities)
    colors[answer] = WRONG if true_class is not None else RIGHT
    if true_class is not None:
        colors[true_class] = RIGHT
    return colors
