"""Images as points: where the network sees them just before it decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cifar_core.runs import Predictions
from cifar_core.ui.colors import TEXT_ON, color, faded
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import percent

if TYPE_CHECKING:
    from cifar_core.analysis.features import PrincipalMap

_OPACITY = 0.75
_SHAPES: dict[str, dict[str, Any]] = {"right": {"symbol": "circle", "size": 6}, "wrong": {"symbol": "x", "size": 7}}
_LABEL = np.array([0.09, 0.055])
"""Room that a class's name takes, in shares of the points' width and height."""


def feature_map_figure(
    laid: PrincipalMap,
    predictions: Predictions,
    shown: NDArray[np.int64],
    class_names: Sequence[str],
    text_color: str,
    height: int = 620,
) -> go.Figure:
    """A dot for each image in the colour of its class, a cross where the network errs; classes named at their middle.

    Args:
        laid: the images' features.
        predictions: of the same images.
        shown: positions of those that are drawn; each point carries its own as `customdata`.
        class_names: of the data set.
        text_color: of the classes' names, one of `TEXT_ON`.
        height: screen pixels.
    """
    figure = go.Figure()
    targets, wrong = predictions.targets[shown], (predictions.predicted != predictions.targets)[shown]
    for kind, shape in _SHAPES.items():
        of_kind = wrong == (kind == "wrong")
        for number in np.unique(targets[of_kind]):
            chosen = shown[(targets == number) & of_kind]
            figure.add_scatter(
                x=laid.points[chosen, 0],
                y=laid.points[chosen, 1],
                mode="markers",
                marker={"color": color(int(number)), "opacity": _OPACITY, **shape},
                # A selection fades what is not selected: the map must stay readable behind a click.
                selected={"marker": {"opacity": _OPACITY}},
                unselected={"marker": {"opacity": _OPACITY}},
                legendgroup=kind,
                showlegend=False,
                customdata=chosen.tolist(),
                hovertext=_told(predictions, chosen, class_names),
                hoverinfo="text",
            )
        # In the legend in a colour of no class.
        marker = {"color": text_color, **shape}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=kind, legendgroup=kind)
    _name_classes(figure, laid.points[shown], targets, class_names, text_color)
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(**axis, title=f"first component: {percent(laid.shares[0])} of the variance")
    figure.update_yaxes(**axis, title=f"second component: {percent(laid.shares[1])}")
    return laid_out(figure, height, clickmode="event+select", dragmode="zoom")


def _told(predictions: Predictions, chosen: NDArray[np.int64], class_names: Sequence[str]) -> list[str]:
    answers = predictions.predicted[chosen]
    sure = predictions.probabilities[chosen, answers]
    return [
        f"image {index}: {class_names[target]}, called {class_names[answer]} ({percent(float(share))})"
        for index, target, answer, share in zip(
            predictions.index[chosen], predictions.targets[chosen], answers, sure, strict=True
        )
    ]


def _name_classes(
    figure: go.Figure,
    places: NDArray[np.float32],
    targets: NDArray[np.int64],
    class_names: Sequence[str],
    text_color: str,
) -> None:
    """Each name at the middle of its class, or near it where another name is: no class is told by colour alone."""
    (ground,) = (shade for shade in TEXT_ON.values() if shade != text_color)
    span = np.maximum(np.ptp(places, axis=0), 1e-6)
    steps = sorted(range(-len(class_names), len(class_names) + 1), key=abs)
    taken: list[NDArray[np.float64]] = []
    for number in np.unique(targets):
        middle = np.median(places[targets == number], axis=0) / span
        tried = (middle + step * _LABEL * (0, 1) for step in steps)
        at = next((at for at in tried if not any((np.abs(at - other) < _LABEL).all() for other in taken)), middle)
        taken.append(at)
        figure.add_annotation(
            x=float(at[0] * span[0]),
            y=float(at[1] * span[1]),
            text=f"<b>{class_names[number]}</b>",
            font={"color": text_color, "size": 13},
            bgcolor=faded(ground, 0.8),
            bordercolor=color(int(number)),
            borderwidth=2,
            borderpad=2,
            showarrow=False,
        )
