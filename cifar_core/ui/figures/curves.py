"""Learning curves of several runs over each other: accuracy, loss and learning rate, each in a panel of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cifar_core.analysis.curves import Curve, Measure
from cifar_core.analysis.smoothing import smoothed
from cifar_core.protocol import SPLIT_WORDS
from cifar_core.ui.colors import NEUTRAL, PALETTE
from cifar_core.ui.figures.live import LINE, Across, Line, LiveFigure, Mark, Panel, Row, live_figure, rows
from cifar_core.ui.figures.progress import AS_TRAINED
from cifar_core.words import duration, percent

FEW_EPOCHS = 15
"""So many have room for a dot each; and the line of a single one is nothing but its dot."""
FEW_CURVES = 4
"""So many have room for the figure of their best epoch."""
_SHADES = tuple(shade for shade in PALETTE if shade != NEUTRAL)
_DASHES: tuple[tuple[int, ...], ...] = ((), (8, 4), (2, 3), (12, 3, 3, 3), (5, 2))
"""As many as share no divisor with the number of colours, so that both together tell 45 lines apart."""
_REFERENCE_DASH = (6, 2, 2, 2)
_STAR = "M0,-1L.235,-.324L.951,-.309L.38,.124L.588,.809L0,.4L-.588,.809L-.38,.124L-.951,-.309L-.235,-.324Z"
_TRAINED, _RAW, _RAW_TRAINED, _BAND, _DOT, _BEST = "as trained", "raw", "raw, as trained", "band", "dot", "best"
_CLOCK = (
    "datum.value < 60 ? format(datum.value, 'd') + ' s'"
    " : datum.value < 3600 ? floor(datum.value / 60) + ' m ' + format(datum.value % 60, '02d') + ' s'"
    " : floor(datum.value / 3600) + ' h ' + format(floor(datum.value % 3600 / 60), '02d') + ' m'"
)
"""Seconds as `words.duration` writes them, in Vega's language."""


def curves_figure(curves: Sequence[Curve], by_time: bool, smoothing: float, with_trained: bool) -> LiveFigure:
    """Accuracy, loss and learning rate; the best epochs starred, raw lines and bands behind.

    The specification depends on the titles, on `by_time` and on whether the seed's curve is there, on nothing else:
    zoom and hidden lines stay while epochs come in and while a person tries how much to smooth.

    Args:
        curves: with titles that differ.
        by_time: over the time trained instead of epochs.
        smoothing: as `smoothed` takes it.
        with_trained: draws what was measured on training images, as trained, beside the evaluated images.
    """
    accuracy = Panel("Accuracy", ".3~%", 250, marked=False, margin=20, most=1.0)
    loss = Panel("Loss (nats)", ".3~f", 160, marked=False)
    inferred = " (that of the seed document is inferred)" if any(curve.is_reference for curve in curves) else ""
    rate = Panel(f"Learning rate{inferred}", ".2~g", 90, from_zero=True, marked=False)
    lines = _lines(curves)
    points: list[Row] = []
    for curve, line in zip(curves, lines, strict=True):
        drawer = _Drawer(curve, line, by_time, smoothing)
        points += [*drawer.measure(accuracy, "eval_accuracy"), *drawer.measure(loss, "eval_loss")]
        if with_trained:
            points += [*drawer.measure(accuracy, "train_accuracy"), *drawer.measure(loss, "train_loss")]
        points += [*drawer.best(accuracy), *drawer.rate(rate)]
    across = Across("time trained", labels=_CLOCK) if by_time else Across("epoch")
    return live_figure(points, (accuracy, loss, rate), lines, across, _marks(len(curves)), "of")


def _lines(curves: Sequence[Curve]) -> list[Line]:
    lines, number = [], 0
    for curve in curves:
        if curve.is_reference:
            lines.append(Line(curve.title, NEUTRAL, _REFERENCE_DASH))
        else:
            lines.append(Line(curve.title, _SHADES[number % len(_SHADES)], _DASHES[number % len(_DASHES)]))
            number += 1
    return lines


def _marks(curves: int) -> list[Mark]:
    thin: dict[str, Any] = {"type": "line", "strokeWidth": 1}
    ends = {"y": {"field": "value", "aggregate": "min"}, "y2": {"field": "value", "aggregate": "max"}}
    marks = [
        Mark(_BAND, {"type": "area"}, ends, 0.2, behind=True),
        Mark(_RAW, thin, opacity=0.35, behind=True),
        Mark(_RAW_TRAINED, {**thin, "strokeDash": [1, 3]}, opacity=0.3, behind=True),
        Mark(_TRAINED, {"type": "line", "strokeWidth": 1.5, "strokeDash": [2, 2]}, behind=True),
        Mark(_DOT, {"type": "point", "filled": True, "size": 30}),
        Mark(_BEST, {"type": "point", "filled": True, "size": 130, "shape": _STAR}),
    ]
    if curves <= FEW_CURVES:
        # To the left: the plot cuts off what reaches beyond it, and the best is often at its right end.
        marks.append(
            Mark(
                _BEST,
                {
                    "type": "text",
                    "align": "right",
                    "baseline": "bottom",
                    "dx": 6,
                    "dy": -9,
                    "fontSize": 12,
                    "fontWeight": 600,
                },
                {"text": {"field": "note"}},
            )
        )
    return marks


class _Drawer:
    """Turns one curve into rows."""

    def __init__(self, curve: Curve, line: Line, by_time: bool, smoothing: float) -> None:
        self._curve, self._line, self._smoothing = curve, line, smoothing
        self._xs = curve.seconds if by_time else tuple(map(float, curve.epochs))

    def measure(self, panel: Panel, measure: Measure) -> list[Row]:
        """A series, smoothed, with the raw one and its band behind."""
        values = self._curve.values.get(measure, ())
        is_trained = measure.startswith("train")
        drawn = self._rows(panel, self._smooth(values), is_trained, _TRAINED if is_trained else LINE)
        if self._smoothing:
            drawn += self._rows(panel, values, is_trained, _RAW_TRAINED if is_trained else _RAW)
        if len(self._xs) <= (1 if is_trained else FEW_EPOCHS):
            drawn += self._rows(panel, self._smooth(values), is_trained, _DOT)
        if not is_trained:
            deviations = self._curve.spread.get(measure, ())
            for sign in (-1, 1):
                ends = [value + sign * deviation for value, deviation in zip(values, deviations, strict=False)]
                drawn += self._rows(panel, self._smooth(ends), is_trained, _BAND)
        return drawn

    def best(self, panel: Panel) -> list[Row]:
        """The best epoch of a single run, unsmoothed. A mean has none of its own."""
        at, curve = self._curve.best, self._curve
        if at is None or curve.spread:
            return []
        note = f"{percent(curve.accuracy[at])} @ {curve.epochs[at]}"
        return rows(panel, self._line, [(self._xs[at], curve.accuracy[at])], [note], _BEST)

    def rate(self, panel: Panel) -> list[Row]:
        """The learning rate at the end of each epoch, as it was."""
        rates = self._curve.values["learning_rate"]
        kinds = (LINE, _DOT) if len(self._xs) == 1 else (LINE,)
        return [row for kind in kinds for row in self._rows(panel, rates, False, kind)]

    def _smooth(self, values: Sequence[float]) -> Sequence[float]:
        return smoothed(values, self._smoothing)

    def _rows(self, panel: Panel, values: Sequence[float], is_trained: bool, kind: str) -> list[Row]:
        what = AS_TRAINED if is_trained else SPLIT_WORDS[self._curve.split]
        if kind == _BAND:
            what += ", one standard deviation off"
        elif self._smoothing and kind in (LINE, _TRAINED) and "rate" not in panel.title:
            what += ", smoothed"
        times = zip(self._curve.epochs, self._curve.seconds, strict=True)
        notes = [f"{what}, epoch {epoch}, {duration(seconds)}" for epoch, seconds in times]
        return rows(panel, self._line, zip(self._xs, values, strict=False), notes, kind)
