"""The receptive field as nested squares around the image."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cifar_core.architecture import Layer, before_pooling
from cifar_core.ui.colors import NEUTRAL, color, faded
from cifar_core.ui.figures.layout import laid_out


def field_figure(
    layers: Sequence[Layer], image_size: int, threshold: int, height: int = 430, canvas: int = 0
) -> go.Figure:
    """Squares that one central cell of each layer can depend on, over the image's outline.

    Args:
        layers: of the whole network.
        image_size: side of the image, in pixels.
        threshold: the side that the rule asks to exceed, in pixels; drawn dashed.
        height: of the figure, in screen pixels.
        canvas: side that is shown at least, in pixels; a fixed one lets the squares be seen to grow.
    """
    shown = [layer for layer in before_pooling(layers) if layer.r_out > layer.r_in]
    blocks = list(dict.fromkeys(layer.block for layer in shown))
    figure = go.Figure()
    for layer in reversed(shown):
        shade = color(blocks.index(layer.block))
        figure.add_trace(
            go.Scatter(
                **_square(layer.r_out),
                mode="lines",
                fill="toself",
                line={"color": shade, "width": 1},
                fillcolor=faded(shade, 0.16),
                name=layer.block,
                legendgroup=layer.block,
                showlegend=layer is next(other for other in reversed(shown) if other.block == layer.block),
                hoveron="fills",
                text=f"{layer.name}: {layer.r_out} x {layer.r_out} pixels",
                hoverinfo="text",
                legendrank=blocks.index(layer.block),
            )
        )
    figure.add_trace(_outline(image_size, f"image, {image_size} px", "solid"))
    figure.add_trace(_outline(threshold, f"rule, more than {threshold} px", "dash"))
    half = max([image_size, threshold, canvas, *(layer.r_out for layer in shown)]) / 2 + 2
    axis = {"range": [-half, half], "visible": False, "fixedrange": True}
    return laid_out(figure, height, xaxis=axis, yaxis={**axis, "scaleanchor": "x"})


def _square(side: int) -> dict[str, list[float]]:
    half = side / 2
    return {"x": [-half, half, half, -half, -half], "y": [-half, -half, half, half, -half]}


def _outline(side: int, name: str, dash: str) -> go.Scatter:
    line = {"color": NEUTRAL, "width": 2, "dash": dash}
    return go.Scatter(**_square(side), mode="lines", line=line, name=name, hoverinfo="name", legendrank=2000)
