"""The reliability diagram."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cifar_core.analysis.calibration import Calibration, ReliabilityBin
from cifar_core.ui.colors import NEUTRAL, RIGHT, WRONG, faded
from cifar_core.ui.figures.layout import laid_out
from cifar_core.words import counted, percent


def reliability_figure(calibration: Calibration, height: int = 520) -> go.Figure:
    """Accuracy of each bin of confidence beside the diagonal of a calibrated network; beneath, how many images it has.

    As Guo et al. (2017) draw it: what is missing to a bin's confidence, or too much, is hatched.
    """
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.7, 0.3])
    bins = [bar for bar in calibration.bins if bar.count]
    shared = {
        "x": [(bar.low + bar.high) / 2 for bar in bins],
        "width": [bar.high - bar.low for bar in bins],
        "hovertext": [_told(bar) for bar in bins],
        "hoverinfo": "text",
    }
    accuracies = [bar.accuracy for bar in bins]
    figure.add_bar(**shared, y=accuracies, name="accuracy", marker={"color": RIGHT}, row=1, col=1)
    tint = faded(WRONG, 0.15)
    hatched = {
        "color": tint,
        "line": {"color": WRONG, "width": 1},
        "pattern": {"shape": "/", "fgcolor": WRONG, "bgcolor": tint, "size": 6},
    }
    gaps = {"base": accuracies, "y": [bar.gap for bar in bins], "marker": hatched}
    figure.add_bar(**shared, **gaps, name="gap to the confidence", row=1, col=1)
    diagonal = {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": NEUTRAL, "dash": "dash"}}
    figure.add_scatter(**diagonal, name="calibrated", hoverinfo="skip", row=1, col=1)
    shares = [bar.count / calibration.count for bar in bins]
    figure.add_bar(**shared, y=shares, marker={"color": NEUTRAL}, showlegend=False, row=2, col=1)
    _add_means(figure, calibration, max(shares))
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_xaxes(title="confidence: the probability of the answer", row=2, col=1)
    figure.update_yaxes(title="accuracy", range=[0, 1], tickformat=".0%", row=1, col=1)
    figure.update_yaxes(title="share of images", tickformat=".0%", row=2, col=1)
    # Room at the right: Plotly hides a tick's text that reaches beyond the figure, and the last one is 100 %.
    return laid_out(figure, height, barmode="overlay", bargap=0).update_layout(margin_r=24)


def _told(bar: ReliabilityBin) -> str:
    return (
        f"confidence {bar.low:.0%} to {bar.high:.0%}: {counted(bar.count, 'image')}<br>"
        f"sure by {percent(bar.confidence)}, right in {percent(bar.accuracy)}"
    )


def _add_means(figure: go.Figure, calibration: Calibration, top: float) -> None:
    """Two upright lines over the histogram, which meet where a network is as sure as it is right."""
    for value, color, dash, name in (
        (calibration.confidence, WRONG, "dot", "mean confidence"),
        (calibration.accuracy, RIGHT, "solid", "accuracy of all"),
    ):
        line = {"color": color, "dash": dash, "width": 2}
        ends = {"x": [value, value], "y": [0, top], "mode": "lines", "line": line}
        figure.add_scatter(**ends, name=f"{name}: {percent(value)}", row=2, col=1)
