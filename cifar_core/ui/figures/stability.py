"""Whether networks stay with their answer when an image is augmented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.data.datasets import Images
from cifar_core.ui.colors import RIGHT, WRONG, faded
from cifar_core.ui.figures.layout import laid_out
from cifar_core.ui.sprites import enlarge, png_url
from cifar_core.words import percent

_ROW_HEIGHT, _PICTURES_HEIGHT = 44, 150


@dataclass(frozen=True, slots=True)
class Answers:
    """What one network said of the image and of its variants."""

    title: str
    """The network's name or letter: columns must stay wide enough for a class's name on a narrow window."""
    classes: Sequence[str]
    """The answer to the image as it is, then one a variant."""
    shares: NDArray[np.float32]
    """Their probabilities, in 0..1."""


def stability_figure(image: Images, variants: Images, rows: Sequence[Answers], text_color: str) -> go.Figure:
    """The image and its variants side by side, under each what every network answers.

    An answer that differs from the one to the image as it is stands on another colour, and a sign beside it.

    Args:
        image: uint8 [size, size, 3].
        variants: uint8 [count, size, size, 3].
        rows: one a network, at least one.
        text_color: of the answers.
    """
    columns = 1 + len(variants)
    figure = go.Figure(_answers(rows, text_color))
    for column, picture in enumerate([image, *variants]):
        figure.add_layout_image(
            source=png_url(enlarge(picture, 3)),
            xref="x",
            yref="y domain",
            x=column - 0.46,
            y=1.03,
            sizex=0.92,
            sizey=80 / (_ROW_HEIGHT * len(rows)),
            xanchor="left",
            yanchor="bottom",
        )
    plain_axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    return laid_out(
        figure,
        _PICTURES_HEIGHT + _ROW_HEIGHT * len(rows),
        xaxis={**plain_axis, "tickvals": list(range(columns)), "ticktext": ["as it is", *range(1, columns)]},
        yaxis={
            **plain_axis,
            "tickvals": list(range(len(rows))),
            "ticktext": [escape(row.title) for row in rows],
            "autorange": "reversed",
        },
    ).update_layout(margin={"t": 100})


def _answers(rows: Sequence[Answers], text_color: str) -> go.Heatmap:
    """A row of cells for each network: one colour for the answer to the image as it is, one for any other."""
    differs = [[answer != row.classes[0] for answer in row.classes] for row in rows]
    texts = [
        [
            f"{answer}<br>{'≠ ' if other else ''}{percent(float(share))}"
            for answer, share, other in zip(row.classes, row.shares, others, strict=True)
        ]
        for row, others in zip(rows, differs, strict=True)
    ]
    same, another = faded(RIGHT, 0.25), faded(WRONG, 0.45)
    return go.Heatmap(
        x=list(range(len(rows[0].classes))),
        y=list(range(len(rows))),
        z=np.array(differs, dtype=float),
        zmin=0,
        zmax=1,
        text=texts,
        texttemplate="%{text}",
        textfont={"color": text_color, "size": 11},
        colorscale=[[0, same], [0.5, same], [0.5, another], [1, another]],
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
