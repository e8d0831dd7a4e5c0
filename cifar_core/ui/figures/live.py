"""Charts that are drawn again and again while a run trains: Vega-Lite, because it takes new data in place.

Streamlit 1.67 knows a Plotly chart by its whole content: one point more makes another element, the old one is taken
from the page, and with it go zoom and hidden lines, whatever `uirevision` and `key` say (streamlit's pull request 16052
means to change that). An ECharts chart keeps its element but forgets zoom and legend. A Vega-Lite chart whose
specification stays the same gets new rows in the view that is there: nothing flickers, and zoom and legend stay. So a
`LiveFigure`'s `spec` must not depend on what grows. Streamlit resets selections bound to scales with new rows; an
interval that sets a scale's domain it leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

import pandas as pd

from cifar_core.ui.colors import NEUTRAL

STRIP_HEIGHT = 34
"""Screen pixels of the strip that one drags over to zoom."""
FAINT = 0.06
"""Opacity of a line that the legend puts aside."""
ZOOM_HINT = "Drag along this strip to zoom; click it to see all."


LINE = "line"
"""The kind of the rows that are drawn as lines."""


class Row(NamedTuple):
    """One point of one line in one panel."""

    x: float
    value: float
    line: str
    panel: str
    note: str
    """What a pointer is told beside the value."""
    kind: str
    """`LINE`, or what a `Mark` draws."""


@dataclass(frozen=True, slots=True)
class LiveFigure:
    """A Vega-Lite chart and its rows."""

    spec: Mapping[str, Any]
    """The same at every refresh of one run."""
    data: pd.DataFrame
    """The rows as the specification names them; of `live_figure`: the fields of `Row`."""


@dataclass(frozen=True, slots=True)
class Line:
    """How one line is drawn."""

    name: str
    color: str
    dash: tuple[int, ...] = ()
    """Screen pixels drawn and left out in turn; empty for a solid line."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the charts above each other."""

    title: str
    number: str
    """D3's format of its values."""
    height: int
    """Screen pixels."""
    from_zero: bool = False
    values: tuple[float, float] | None = None
    """Ends of the value axis; None for one that fits what is shown."""
    marked: bool = True
    """Whether each point has its dot."""
    margin: int = 5
    """Screen pixels left free above and below the values: at least for half a dot, more where something is written."""
    most: float | None = None
    """The largest value that there can be: room above it bears no number."""

    @property
    def value_scale(self) -> dict[str, Any]:
        """As Vega-Lite takes it."""
        ends = {"domain": list(self.values)} if self.values else {"zero": self.from_zero}
        return {**ends, "padding": self.margin}

    @property
    def axis(self) -> dict[str, Any]:
        """As Vega-Lite takes it."""
        axis = {**_LABELS_INSIDE, "format": self.number, "tickCount": self.height // 32}
        if self.most is not None:
            axis["labelExpr"] = f"datum.value > {self.most:g} ? '' : datum.label"
        return axis


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn beside the lines, in their colours: of the rows of its kind."""

    kind: str
    mark: Mapping[str, Any]
    """As Vega-Lite takes it."""
    encoding: Mapping[str, Any] = field(default_factory=dict)
    """Beyond x, value and colour."""
    opacity: float = 1.0
    behind: bool = False
    """Whether the lines cover it."""


@dataclass(frozen=True, slots=True)
class Across:
    """The axis that the panels share."""

    title: str
    end: float | None = None
    """It reaches from 0 to it; None for an axis that grows with the data and has a strip to zoom."""
    labels: str = ""
    """Vega's expression of a label, if the numbers are not to be read as they are; a pointer is then told the note."""


def rows(
    panel: Panel,
    line: Line,
    points: Iterable[tuple[float, float]],
    notes: Iterable[str] | None = None,
    kind: str = LINE,
) -> list[Row]:
    """One line's points (x, value) in one panel; notes, one a point, are what a pointer is told beside the value."""
    told = repeat("") if notes is None else notes
    return [
        Row(float(x), float(value), line.name, panel.title, note, kind)
        for (x, value), note in zip(points, told, strict=False)
    ]


def live_figure(
    points: Sequence[Row],
    panels: Sequence[Panel],
    lines: Sequence[Line],
    across: Across,
    marks: Sequence[Mark] = (),
    note_title: str = "",
) -> LiveFigure:
    """Panels above each other over one axis.

    Args:
        points: of `rows`.
        panels: from above.
        lines: in the legend's order; one that is named in several panels is one in the legend.
        across: the axis under the lowest panel.
        marks: beside the lines, from the back to the front.
        note_title: what the notes are; empty where there are none.
    """
    zoomed = across.end is None
    domain = {"param": "zoom"} if zoomed else [0, across.end]
    x = {"field": "x", "type": "quantitative", "scale": {"domain": domain, **_BESIDE_LABELS}}
    look = _Look(lines, across, x, marks, note_title)
    spec: dict[str, Any] = {
        "vconcat": [_panel(panel, look, panel is panels[0], panel is panels[-1]) for panel in panels],
        "resolve": {"scale": {"color": "shared", "strokeDash": "shared"}},
        "spacing": 6,
    }
    if zoomed:
        spec["vconcat"].append(_strip(panels[0], lines))
    return LiveFigure(spec, pd.DataFrame(points, columns=Row._fields))


@dataclass(frozen=True, slots=True)
class _Look:
    """What the panels have in common."""

    lines: Sequence[Line]
    across: Across
    x: dict[str, Any]
    marks: Sequence[Mark]
    note_title: str


def _panel(panel: Panel, look: _Look, is_first: bool, is_last: bool) -> dict[str, Any]:
    x_axis = {"format": "d", "tickMinStep": 1, "labels": is_last, "ticks": False}
    x_axis |= {"title": look.across.title if is_last else None, "tickCount": {"expr": "ceil(width / 70)"}}
    if look.across.labels:
        x_axis["labelExpr"] = look.across.labels
    encoding = {
        "x": {**look.x, "axis": x_axis},
        "y": {
            "field": "value",
            "type": "quantitative",
            "scale": panel.value_scale,
            "axis": panel.axis,
        },
        "color": _color(look.lines),
    }
    transform: list[dict[str, Any]] = [{"filter": {"field": "panel", "equal": panel.title}}]
    if look.across.end is None:  # so that the value axis fits what is shown
        transform.append({"filter": {"param": "zoom"}})
    behind, before = ([_marked(mark) for mark in look.marks if mark.behind == side] for side in (True, False))
    return {
        "title": {"text": panel.title, "anchor": "start", "fontSize": 13, "offset": 10},
        "height": panel.height,
        "transform": transform,
        "encoding": encoding,
        "layer": [*behind, _drawn(panel, look, is_first), *before, _felt(panel, look)],
    }


def _drawn(panel: Panel, look: _Look, is_first: bool) -> dict[str, Any]:
    """The lines themselves."""
    names, strokes = [line.name for line in look.lines], [list(line.dash) or [1, 0] for line in look.lines]
    dash: dict[str, Any] = {"field": "line", "type": "nominal", "scale": {"domain": names, "range": strokes}}
    dash["legend"] = _legend(look.lines)
    drawn: dict[str, Any] = {
        "transform": _only(LINE),
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 36} if panel.marked else False},
        "encoding": {"opacity": _picked(1.0), "strokeDash": dash},
    }
    # One of the panels carries the legend's choice for all of them.
    if is_first:
        drawn["params"] = [
            {"name": "picked", "select": {"type": "point", "fields": ["line"], "toggle": "true"}, "bind": "legend"}
        ]
    return drawn


def _felt(panel: Panel, look: _Look) -> dict[str, Any]:
    """What a pointer finds: larger than what is seen."""
    told = [
        {"field": "line", "title": panel.title},
        {"field": "value", "title": "value", "format": panel.number},
    ]
    if look.note_title:
        told.append({"field": "note", "title": look.note_title})
    if not look.across.labels:
        told.insert(1, {"field": "x", "title": look.across.title, "format": ",.4~g"})
    return {"mark": {"type": "point", "opacity": 0, "size": 160}, "encoding": {"tooltip": told}}


def _marked(mark: Mark) -> dict[str, Any]:
    return {
        "transform": _only(mark.kind),
        "mark": dict(mark.mark),
        "encoding": {"opacity": _picked(mark.opacity), **mark.encoding},
    }


def _only(kind: str) -> list[dict[str, Any]]:
    return [{"filter": {"field": "kind", "equal": kind}}]


def _picked(opacity: float) -> dict[str, Any]:
    return {"condition": {"param": "picked", "value": opacity}, "value": FAINT * opacity}


# Streamlit makes the plots of a chart of several as wide as its column: labels beside them would be cut off.
_BESIDE_LABELS: dict[str, Any] = {"nice": False, "rangeMin": 40, "rangeMax": {"expr": "width - 8"}}
_LABEL_LIMIT, _SYMBOL_WIDTH, _LETTER_WIDTH = 240, 46, 7
"""Screen pixels, of an entry of the legend."""
_LABELS_INSIDE: dict[str, Any] = {
    "title": None,
    "labelAlign": "left",
    "labelBaseline": "bottom",
    "labelPadding": -4,
    "labelOffset": -2,
    "ticks": False,
    "domain": False,
}


def _legend(lines: Sequence[Line]) -> dict[str, Any]:
    """In as many columns as find room."""
    longest = max((len(line.name) for line in lines), default=0)
    entry = _SYMBOL_WIDTH + min(_LETTER_WIDTH * longest, _LABEL_LIMIT)
    return {
        "title": None,
        "orient": "top",
        "symbolType": "stroke",
        "symbolSize": 300,
        "symbolOpacity": 1,
        "labelLimit": _LABEL_LIMIT,
        "columns": {"expr": f"max(1, floor(width / {entry}))"},
    }


def _strip(panel: Panel, lines: Sequence[Line]) -> dict[str, Any]:
    """The first panel once more, small and whole, to drag over."""
    return {
        "title": {"text": ZOOM_HINT, "orient": "bottom", "anchor": "end", "fontSize": 11, "fontWeight": "normal"},
        "height": STRIP_HEIGHT,
        "view": {"fill": NEUTRAL, "fillOpacity": 0.12, "cornerRadius": 4},
        "transform": [{"filter": {"field": "panel", "equal": panel.title}}, *_only(LINE)],
        "params": [{"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}}],
        "mark": {"type": "line", "strokeWidth": 1},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "scale": dict(_BESIDE_LABELS), "axis": None},
            "y": {"field": "value", "type": "quantitative", "scale": panel.value_scale, "axis": None},
            "color": _color(lines),
        },
    }


def _color(lines: Sequence[Line]) -> dict[str, Any]:
    scale = {"domain": [line.name for line in lines], "range": [line.color for line in lines]}
    return {"field": "line", "type": "nominal", "sort": None, "scale": scale, "legend": _legend(lines)}
