"""What one cell of a layer sees, drawn on a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.data.datasets import Images
from cifar_core.ui.colors import NEUTRAL, PALETTE
from cifar_core.ui.figures.layout import laid_out
from cifar_core.ui.sprites import png_url

BEYOND = 3
"""Pixels shown around the photograph, so that a field that passes its border is seen to."""
DARKEST = 0.14
"""Brightness of a pixel that no path reaches."""
FAINTEST = 0.34
"""Brightness of a pixel that is reached by next to nothing."""
FRAME_MILLISECONDS = 500
HEIGHT = 640
"""Screen pixels."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cell of one layer sees."""

    title: str
    counts: NDArray[np.float64]
    """[size, size]: number of paths from each pixel, the largest 1."""
    square: tuple[int, int, int]
    """Top, left and side of the receptive field, in pixels."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A square around the field's centre to draw over it."""

    side: int
    name: str
    dash: str


def seen_figure(photo: Images, step: Seen, outlines: Sequence[Outline] = (), played: Sequence[Seen] = ()) -> go.Figure:
    """The photograph, lit where paths lead, under the square of the receptive field.

    Args:
        photo: uint8 [size, size, 3].
        step: what is shown.
        outlines: squares around its centre.
        played: one a layer, in order, which a button shows one after another; none for no button.
    """
    size = len(photo)
    figure = go.Figure(data=[_picture(photo, step), _field(step)])
    for outline in outlines:
        top, left, side = step.square
        margin = (side - outline.side) / 2
        figure.add_trace(
            _square(top + margin, left + margin, outline.side, outline.name, PALETTE[4], outline.dash, width=2)
        )
    figure.add_trace(_square(0, 0, size, "image", NEUTRAL, "dot", width=2))
    figure.frames = [
        go.Frame(
            name=each.title,
            data=[_picture(photo, each), _field(each)],
            traces=[0, 1],
            layout={"title": {"text": _heading(each)}},
        )
        for each in (*played, step)
        if played
    ]
    # Pixel centres lie on whole numbers.
    low, high = -0.5 - BEYOND, size - 0.5 + BEYOND
    axis = {"visible": False, "fixedrange": True}
    laid_out(
        figure,
        HEIGHT,
        xaxis={**axis, "range": [low, high], "constrain": "domain"},
        yaxis={**axis, "range": [high, low], "scaleanchor": "x", "constrain": "domain"},
        title={"text": _heading(step), "x": 0.5, "xanchor": "center", "y": 0.02, "yanchor": "bottom"},
    )
    if played:
        figure.update_layout(updatemenus=[_play_button()])
    return figure


def _heading(step: Seen) -> str:
    side = step.square[2]
    return f"{escape(step.title)}: {side} x {side} px"


def _field(step: Seen) -> go.Scatter:
    return _square(*step.square, "receptive field", PALETTE[6], "solid")


def lit(photo: Images, counts: NDArray[np.float64]) -> Images:
    """The photograph, as bright as paths are many: the square root of their number, so that rare ones are seen."""
    brightness = np.where(counts > 0, FAINTEST + (1 - FAINTEST) * np.sqrt(counts), DARKEST)
    return (photo * brightness[:, :, None]).round().astype(np.uint8)


def _picture(photo: Images, step: Seen) -> go.Image:
    return go.Image(source=png_url(lit(photo, step.counts)), hoverinfo="skip", zsmooth=False)


def _square(top: float, left: float, side: float, name: str, color: str, dash: str, width: float = 3) -> go.Scatter:
    x0, y0, x1, y1 = left - 0.5, top - 0.5, left + side - 0.5, top + side - 0.5
    return go.Scatter(
        x=[x0, x1, x1, x0, x0],
        y=[y0, y0, y1, y1, y0],
        mode="lines",
        line={"color": color, "width": width, "dash": dash},
        name=name,
        hoverinfo="name",
    )


def _play_button() -> dict[str, object]:
    animation = {"frame": {"duration": FRAME_MILLISECONDS, "redraw": True}, "transition": {"duration": 0}}
    button = {"label": "Play, layer by layer", "method": "animate", "args": [None, animation]}
    return {
        "type": "buttons",
        "buttons": [button],
        "x": 1.0,
        "xanchor": "right",
        "y": 1.07,
        "yanchor": "bottom",
        "showactive": False,
        # One pair of colours that can be read in light and dark, pointed at or not.
        "font": {"color": "#31333F"},
        "bgcolor": "#F0F2F6",
        "pad": {"t": 0, "r": 0},
    }
