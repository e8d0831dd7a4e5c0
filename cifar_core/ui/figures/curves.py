"""Learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

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


def curves_figure(curves: Sequence[Curve], height: int = 560) -> go.Figure:
    """Accuracy above loss by epoch: solid on the evaluated set, its best epoch starred; dotted as trained."""
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.58, 0.42])
    for curve, shade in _shaded(curves):
        _add_pair(figure, 1, curve, shade, curve.train_accuracy, curve.eval_accuracy, ".1%")
        _add_pair(figure, 2, curve, shade, curve.train_loss, curve.eval_loss, ".3f")
        _add_best(figure, curve, shade)
    figure.update_yaxes(title="accuracy", tickformat=".3~p", row=1, col=1)
    figure.update_yaxes(title="loss (nats)", row=2, col=1)
    figure.update_xaxes(**_epoch_axis(curves))
    figure.update_xaxes(title="epoch", row=2, col=1)
    return laid_out(figure, height)


def _add_best(figure: go.Figure, curve: Curve, shade: str) -> None:
    best = max(range(len(curve.epochs)), key=lambda at: curve.eval_accuracy[at])
    star = go.Scatter(
        x=[curve.epochs[best]],
        y=[curve.eval_accuracy[best]],
        mode="markers+text",
        marker={"color": shade, "size": 11, "symbol": "star"},
        text=[f"{curve.eval_accuracy[best]:.1%}"],
        textposition="top center",
        cliponaxis=False,
        showlegend=False,
        hovertemplate=f"best epoch %{{x}}: %{{y:.1%}}<extra>{curve.title}</extra>",
    )
    figure.add_trace(star, row=1, col=1)


def rate_figure(epochs: Sequence[float], rates: Sequence[float], height: int = 180) -> go.Figure:
    """Learning rate over the epochs of a run that is yet to start."""
    line = {"color": color(0), "width": 2}
    figure = go.Figure(go.Scatter(x=epochs, y=rates, mode="lines", line=line, hovertemplate="epoch %{x:.1f}: %{y:.4f}"))
    figure.update_traces(hovertemplate="epoch %{x:.1f}: %{y:.4f}<extra></extra>")
    return laid_out(figure, height, xaxis={"title": "epoch"}, yaxis={"title": "learning rate", "rangemode": "tozero"})


def _add_pair(
    figure: go.Figure,
    row: int,
    curve: Curve,
    shade: str,
    trained: Sequence[float],
    evaluated: Sequence[float],
    form: str,
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
                    legendgroup=f"{curve.title}: {kind}",
                    showlegend=row == 1,
                    hovertemplate=f"epoch %{{x}}: %{{y:{form}}}<extra>{curve.title}, {kind}</extra>",
                ),
                row=row,
                col=1,
            )


def _shaded(curves: Sequence[Curve]) -> list[tuple[Curve, str]]:
    ordered = sorted(curves, key=lambda curve: not curve.reference)
    number = iter(range(len(ordered)))
    return [(curve, NEUTRAL if curve.reference else color(next(number))) for curve in ordered]


def _epoch_axis(curves: Sequence[Curve]) -> dict[str, object]:
    """Whole epochs only: left to itself, Plotly writes "0 0 1 1" under a short run."""
    last = max((curve.epochs[-1] for curve in curves), default=1)
    return {"tickformat": "d", **({"dtick": 1} if last <= FEW_EPOCHS else {})}
