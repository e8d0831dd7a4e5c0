"""What one cell of a layer sees, drawn on a photograph."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from cifar_core.data.datasets import Images
from cifar_core.ui.colors import NEUTRAL, PALETTE
from cifar_core.ui.figures.layout import laid_out

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


def seen_figure(photo: Images, steps: Sequence[Seen], chosen: int, outlines: Sequence[Outline] = ()) -> go.Figure:
    """The photograph, lit where paths lead, under the square of the receptive field; "Play" shows layer after layer.

    Args:
        photo: uint8 [size, size, 3].
        steps: one a layer, in order.
        chosen: the step shown.
        outlines: squares around the chosen step's centre.
    """
    size = len(photo)
    step = steps[chosen]
    figure = go.Figure(data=[_picture(photo, step), _square(*step.square, "receptive field", PALETTE[6], "solid")])
    for outline in outlines:
        top, left, side = step.square
        margin = (side - outline.side) / 2
        figure.add_trace(
            _square(top + margin, left + margin, outline.side, outline.name, PALETTE[4], outline.dash, width=2)
        )
    figure.add_trace(_square(0, 0, size, "image", NEUTRAL, "dot", width=1))
    figure.frames = [
        go.Frame(
            name=each.title,
            data=[_picture(photo, each), _square(*each.square, "receptive field", PALETTE[6], "solid")],
            traces=[0, 1],
        )
        for each in steps
    ]
    # Pixel centres lie on whole numbers.
    low, high = -0.5 - BEYOND, size - 0.5 + BEYOND
    axis = {"visible": False, "fixedrange": True}
    laid_out(
        figure,
        HEIGHT,
        xaxis={**axis, "range": [low, high], "constrain": "domain"},
        yaxis={**axis, "range": [high, low], "scaleanchor": "x", "constrain": "domain"},
        updatemenus=[_play_button()],
    )
    return figure


def lit(photo: Images, counts: NDArray[np.float64]) -> Images:
    """The photograph, as bright as paths are many: the square root of their number, so that rare ones are seen."""
    brightness = np.where(counts > 0, FAINTEST + (1 - FAINTEST) * np.sqrt(counts), DARKEST)
    return (photo * brightness[:, :, None]).round().astype(np.uint8)


def _picture(photo: Images, step: Seen) -> go.Image:
    buffer = io.BytesIO()
    Image.fromarray(lit(photo, step.counts)).save(buffer, "PNG")
    source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return go.Image(source=source, hoverinfo="skip", zsmooth=False)


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
        "pad": {"t": 0, "r": 0},
    }
