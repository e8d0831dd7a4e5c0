"""Learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cifar_core.protocol import EvaluationSplit
from cifar_core.training.metrics import EpochMetrics
from cifar_core.ui.colors import NEUTRAL, color, faded
from cifar_core.ui.figures.layout import laid_out

FEW_EPOCHS = 15


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's line in a figure."""

    title: str
    split: EvaluationSplit
    epochs: Sequence[int]
    train_accuracy: Sequence[float]
    """As trained, in 0..1."""
    eval_accuracy: Sequence[float]
    train_loss: Sequence[float] = ()
    eval_loss: Sequence[float] = ()
    reference: bool = False
    """Drawn grey, behind the runs."""

    @classmethod
    def of(cls, title: str, metrics: Sequence[EpochMetrics]) -> Curve:
        """The curve of a run with at least one finished epoch."""
        return cls(
            title=title,
            split=metrics[0].split,
            epochs=[m.epoch for m in metrics],
            train_accuracy=[m.train_accuracy for m in metrics],
            eval_accuracy=[m.eval_accuracy for m in metrics],
            train_loss=[m.train_loss for m in metrics],
            eval_loss=[m.eval_loss for m in metrics],
        )


def accuracy_figure(curves: Sequence[Curve], height: int = 380) -> go.Figure:
    """Accuracy by epoch: solid on the evaluated set with its best epoch marked, dotted as trained."""
    figure = go.Figure()
    for curve, shade in _shaded(curves):
        _add_pair(figure, curve, shade, curve.train_accuracy, curve.eval_accuracy, ".1%")
        best = max(range(len(curve.epochs)), key=lambda at, c=curve: c.eval_accuracy[at])  # type: ignore[misc]
        figure.add_trace(
            go.Scatter(
                x=[curve.epochs[best]],
                y=[curve.eval_accuracy[best]],
                mode="markers+text",
                marker={"color": shade, "size": 10, "symbol": "star"},
                text=[f"{curve.eval_accuracy[best]:.1%}"],
                textposition="top center",
                cliponaxis=False,
                showlegend=False,
                hovertemplate=f"best epoch %{{x}}: %{{y:.1%}}<extra>{curve.title}</extra>",
            )
        )
    return laid_out(figure, height, xaxis=_epoch_axis(curves), yaxis={"title": "accuracy", "tickformat": ".3~p"})


def loss_figure(curves: Sequence[Curve], height: int = 380) -> go.Figure:
    """Cross-entropy by epoch: solid on the evaluated set, dotted as trained."""
    figure = go.Figure()
    for curve, shade in _shaded(curves):
        if curve.eval_loss:
            _add_pair(figure, curve, shade, curve.train_loss, curve.eval_loss, ".3f")
    return laid_out(figure, height, xaxis=_epoch_axis(curves), yaxis={"title": "loss (nats)"})


def rate_figure(epochs: Sequence[float], rates: Sequence[float], height: int = 180) -> go.Figure:
    """Learning rate over the epochs of a run that is yet to start."""
    line = {"color": color(0), "width": 2}
    figure = go.Figure(go.Scatter(x=epochs, y=rates, mode="lines", line=line, hovertemplate="epoch %{x:.1f}: %{y:.4f}"))
    figure.update_traces(hovertemplate="epoch %{x:.1f}: %{y:.4f}<extra></extra>")
    return laid_out(figure, height, xaxis={"title": "epoch"}, yaxis={"title": "learning rate", "rangemode": "tozero"})


def _add_pair(
    figure: go.Figure, curve: Curve, shade: str, trained: Sequence[float], evaluated: Sequence[float], form: str
) -> None:
    # A single epoch has no line: its point must be seen.
    mode = "lines+markers" if len(curve.epochs) < 3 else "lines"
    for values, kind, dash, line_color in (
        (trained, "training, as trained", "dot", faded(shade, 0.75)),
        (evaluated, curve.split, "solid", shade),
    ):
        if values:
            figure.add_trace(
                go.Scatter(
                    x=list(curve.epochs),
                    y=list(values),
                    mode=mode,
                    line={"color": line_color, "dash": dash, "width": 2},
                    name=f"{curve.title}: {kind}",
                    hovertemplate=f"epoch %{{x}}: %{{y:{form}}}<extra>{curve.title}, {kind}</extra>",
                )
            )


def _shaded(curves: Sequence[Curve]) -> list[tuple[Curve, str]]:
    ordered = sorted(curves, key=lambda curve: not curve.reference)
    number = iter(range(len(ordered)))
    return [(curve, NEUTRAL if curve.reference else color(next(number))) for curve in ordered]


def _epoch_axis(curves: Sequence[Curve]) -> dict[str, object]:
    """Whole epochs only: left to itself, Plotly writes "0 0 1 1" under a short run."""
    last = max((curve.epochs[-1] for curve in curves), default=1)
    return {"title": "epoch", "tickformat": "d", **({"dtick": 1} if last <= FEW_EPOCHS else {})}
