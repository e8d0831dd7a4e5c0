"""An image beside itself under each value of a parameter, played like a film."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cifar_core.data.datasets import Images
from cifar_core.ui.figures.layout import laid_out
from cifar_core.ui.sprites import png_url

_HEIGHT = 420
_MILLISECONDS = 60
"""That each picture stands."""
_BUTTON, _ON_BUTTON = "#4477AA", "#FFFFFF"
"""Colours of what can be pressed and moved, on light and dark ground, and of words on it."""


def sweep_figure(original: Images, pictures: Images, labels: Sequence[str], title: str) -> go.Figure:
    """Two pictures and a slider with a play button.

    Args:
        original: uint8 [32, 32, 3], stays.
        pictures: uint8 [V, 32, 32, 3]: one a value.
        labels: V: the values in words.
        title: of the parameter.
    """
    middle = len(pictures) // 2
    figure = go.Figure(
        [_image(original), _image(pictures[middle], "2")],
        frames=[
            go.Frame(data=[_image(picture, "2")], traces=[1], name=str(number))
            for number, picture in enumerate(pictures)
        ],
    )
    for place, (name, domain) in enumerate((("As it is", [0, 0.48]), (title, [0.52, 1]))):
        number = str(place + 1) if place else ""
        figure.update_layout(
            {
                f"xaxis{number}": {"domain": domain, "visible": False, "fixedrange": True, "anchor": f"y{number}"},
                f"yaxis{number}": {
                    "visible": False,
                    "fixedrange": True,
                    "scaleanchor": f"x{number}",
                    "autorange": "reversed",
                    "anchor": f"x{number}",
                },
            }
        )
        figure.add_annotation(
            text=name, x=sum(domain) / 2, y=1, xref="paper", yref="paper", yanchor="bottom", showarrow=False
        )
    return laid_out(figure, _HEIGHT, updatemenus=[_buttons()], sliders=[_slider(labels, title, middle)])


def _image(picture: Images, axes: str = "") -> go.Image:
    return go.Image(source=png_url(picture), xaxis=f"x{axes}", yaxis=f"y{axes}", hoverinfo="skip")


def _steps(milliseconds: int) -> dict[str, object]:
    return {
        "frame": {"duration": milliseconds, "redraw": True},
        "transition": {"duration": 0},
        "mode": "immediate",
        "fromcurrent": True,
    }


def _buttons() -> dict[str, object]:
    play = {"label": "Play", "method": "animate", "args": [None, _steps(_MILLISECONDS)]}
    pause = {"label": "Pause", "method": "animate", "args": [[None], _steps(0)]}
    place = {"x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "pad": {"t": 76}}
    colors = {"bgcolor": _BUTTON, "bordercolor": _BUTTON, "font": {"color": _ON_BUTTON}}
    return {"type": "buttons", "direction": "left", "buttons": [play, pause], "showactive": False, **place, **colors}


def _slider(labels: Sequence[str], title: str, active: int) -> dict[str, object]:
    steps = [
        {"label": label, "method": "animate", "args": [[str(number)], _steps(0)]} for number, label in enumerate(labels)
    ]
    return {
        "steps": steps,
        "active": active,
        "x": 0,
        "len": 1,
        "y": 0,
        "pad": {"t": 20},
        "currentvalue": {"prefix": f"{title}: ", "xanchor": "left", "font": {"size": 15, "color": _BUTTON}},
        # The strip below tells the values; as many as these, plotly leaves out those that matter.
        "font": {"size": 1, "color": "rgba(0, 0, 0, 0)"},
        "bgcolor": _BUTTON,
        "bordercolor": _BUTTON,
        "minorticklen": 0,
        "ticklen": 0,
    }
