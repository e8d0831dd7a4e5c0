"""What a network says of a few images while it learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from cifar_core.data.datasets import Images, Targets
from cifar_core.runs.records import Watched
from cifar_core.ui.colors import NEUTRAL, RIGHT, WRONG, color
from cifar_core.ui.figures.live import Across, Line, LiveFigure, Panel, Row, live_figure, rows
from cifar_core.ui.sprites import png_url

COLUMNS = 6
ANSWERS = 3
"""Classes shown beneath each image, the likeliest first."""
PICTURE, BAR = 76, 19
"""Side of a picture and height of a bar with its distance, in screen pixels."""
_PICTURE_TOP, _BARS_TOP = 20, 20 + PICTURE + 8
_CELL = _BARS_TOP + ANSWERS * BAR + 18
_USED = 0.93
"""Share of a cell's width that bars may fill."""
YES, NO = "✓", "✗"
TRUE_CLASS = "Probability of the true class"


def answers_figure(
    watched: Watched, epoch: int, images: Images, targets: Targets, class_names: Sequence[str], ink: str
) -> LiveFigure:
    """The images in rows of six, each with its class above and the likeliest classes as bars beneath.

    Args:
        watched: the probabilities.
        epoch: one of `watched.epochs`.
        images: uint8 [N, H, W, 3], those of `watched.index`, in order.
        targets: int64 [N], their classes.
        class_names: of the data set.
        ink: colour of the text on the page.
    """
    probabilities = watched.probabilities[watched.epochs.index(epoch)]
    table = [
        row for at, target in enumerate(targets) for row in _cell_rows(at, int(target), probabilities[at], class_names)
    ]
    pictures = [
        {"column": at % COLUMNS, "top": at // COLUMNS * _CELL, "url": png_url(image)} for at, image in enumerate(images)
    ]
    return LiveFigure(_grid(pictures, class_names, ink), pd.DataFrame(table))


def _cell_rows(at: int, target: int, probabilities: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    column, top = at % COLUMNS, at // COLUMNS * _CELL
    likeliest = np.argsort(-probabilities, kind="stable")[:ANSWERS]
    is_right = int(likeliest[0]) == target
    heading = {
        "kind": "right" if is_right else "wrong",
        "column": column,
        "top": top,
        "text": f"{YES if is_right else NO} {names[target]}",
    }
    bars = [
        {
            "kind": "bar",
            "column": column,
            "top": top + _BARS_TOP + rank * BAR,
            "end": column + _USED * float(probabilities[number]),
            "whole": column + _USED,
            "text": f"{YES} {names[number]}" if number == target else names[number],
            "share": f"{100 * probabilities[number]:.0f} %",
            "class": names[number],
        }
        for rank, number in enumerate(likeliest)
    ]
    return [heading, *bars]


def _grid(pictures: Sequence[dict[str, Any]], class_names: Sequence[str], ink: str) -> dict[str, Any]:
    """Columns share the width; downwards, values are screen pixels."""
    height = -(-len(pictures) // COLUMNS) * _CELL
    down = {"domain": [0, height], "range": [0, height], "nice": False}
    shades = {"domain": list(class_names), "range": [color(number) for number in range(len(class_names))]}
    filled = {"field": "class", "type": "nominal", "scale": shades, "legend": None}
    image = {"type": "image", "width": PICTURE, "height": PICTURE, "yOffset": _PICTURE_TOP, "smooth": False}
    heading = {"fontSize": 13, "fontWeight": "bold"}
    name = {"color": ink, "xOffset": 4, "yOffset": 3, "limit": {"expr": f"width / {COLUMNS} * {_USED} - 36"}}
    share = {"color": ink, "xOffset": -4, "yOffset": 3, "align": "right"}
    return {
        "height": height,
        "encoding": {"x": _across("column"), "y": {**_PLAIN, "field": "top", "scale": down}},
        "layer": [
            {
                "data": {"values": list(pictures)},
                "mark": {**image, "align": "left", "baseline": "top"},
                "encoding": {"url": {"field": "url"}},
            },
            _text("right", "text", {**heading, "color": RIGHT}),
            _text("wrong", "text", {**heading, "color": WRONG}),
            _bar("whole", {"color": NEUTRAL, "opacity": 0.15}, {}),
            _bar("end", {"opacity": 0.6}, {"color": filled}),
            _text("bar", "text", name),
            _text("bar", "share", share, {"x": _across("whole")}),
        ],
        "config": {"view": {"stroke": None}},
    }


_PLAIN: dict[str, Any] = {"type": "quantitative", "axis": None}


def _across(field: str) -> dict[str, Any]:
    return {**_PLAIN, "field": field, "scale": {"domain": [0, COLUMNS], "nice": False}}


def _text(
    kind: str, field: str, look: dict[str, Any], encoding: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.kind == '{kind}'"}],
        "mark": {"type": "text", "baseline": "top", "align": "left", "fontSize": 11, **look},
        "encoding": {**encoding, "text": {"field": field}},
    }


def _bar(end: str, look: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    return {
        "transform": [
            {"filter": "datum.kind == 'bar'"},
            {"calculate": f"datum.top + {BAR - 3}", "as": "bottom"},
        ],
        "mark": {"type": "rect", "cornerRadius": 2, **look},
        "encoding": {
            **encoding,
            "x2": {"field": end},
            "y2": {"field": "bottom"},
            "tooltip": [{"field": "class"}, {"field": "share", "title": "probability"}],
        },
    }


def true_class_figure(watched: Watched, targets: Targets, class_names: Sequence[str]) -> LiveFigure:
    """The probability of each image's true class by epoch: a class's colour, its second image dashed.

    Args:
        watched: the probabilities, of at least one epoch.
        targets: int64 [N], the classes of the images.
        class_names: of the data set.
    """
    panel = Panel(TRUE_CLASS, ".0%", 230, values=(0.0, 1.0))
    points: list[Row] = []
    lines = []
    for at, target in enumerate(targets.tolist()):
        is_further = target in targets[:at]
        # The number is that of the image in its data set, by which it can be looked up.
        line = Line(f"{class_names[target]} {watched.index[at]}", color(target), (5, 3) if is_further else ())
        said = watched.probabilities[:, at].argmax(axis=1).tolist()
        notes = [f"{YES} right" if answer == target else f"{NO} said {class_names[answer]}" for answer in said]
        shares = watched.probabilities[:, at, target].tolist()
        points += rows(panel, line, zip(watched.epochs, shares, strict=True), notes)
        lines.append(line)
    return live_figure(points, (panel,), lines, Across("epoch"), note_title="answer")
