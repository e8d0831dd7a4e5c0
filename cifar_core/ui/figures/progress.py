"""The curves of a run that trains."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.protocol import SPLIT_WORDS, EpochSplit
from cifar_core.training import TrainingSpec
from cifar_core.training.metrics import EpochMetrics
from cifar_core.training.schedule import learning_rate
from cifar_core.ui.colors import NEUTRAL, color
from cifar_core.ui.figures.live import Across, Line, LiveFigure, Panel, live_figure, rows

AS_TRAINED = "training, as trained"
_POINTS = 120
"""Of the learning rate's line."""


def progress_figure(metrics: Sequence[EpochMetrics], split: EpochSplit) -> LiveFigure:
    """Accuracy above loss by epoch, on the evaluated images and as trained, with a strip to zoom.

    Args:
        metrics: of the epochs done, in order; none before the first.
        split: the images that are evaluated after every epoch.
    """
    accuracy, loss = Panel("Accuracy", ".3~%", 210), Panel("Loss (nats)", ".3~f", 150)
    evaluated, trained = Line(SPLIT_WORDS[split], color(0)), Line(AS_TRAINED, color(1), (3, 3))
    points = [
        *rows(accuracy, evaluated, ((m.epoch, m.eval_accuracy) for m in metrics)),
        *rows(accuracy, trained, ((m.epoch, m.train_accuracy) for m in metrics)),
        *rows(loss, evaluated, ((m.epoch, m.eval_loss) for m in metrics)),
        *rows(loss, trained, ((m.epoch, m.train_loss) for m in metrics)),
    ]
    return live_figure(points, (accuracy, loss), (evaluated, trained), Across("epoch"))


def pace_figure(spec: TrainingSpec, epochs_done: float, metrics: Sequence[EpochMetrics]) -> LiveFigure:
    """Learning rate, done and ahead, above images per second; the axis is the whole run.

    Args:
        spec: of the run.
        epochs_done: fractions included, in 0..spec.epochs.
        metrics: of the epochs done, in order.
    """
    times = [spec.epochs * number / _POINTS for number in range(_POINTS + 1)]
    # Both lines meet where the run stands.
    done = [*(at for at in times if at < epochs_done), epochs_done]
    rate = Panel("Learning rate", ".4~g", 110, from_zero=True, marked=False)
    speed = Panel("Images per second", ",.0f", 110, from_zero=True)
    past, ahead = Line("done", color(0)), Line("planned", NEUTRAL, (2, 4))
    points = [
        *rows(rate, ahead, ((at, learning_rate(spec, at)) for at in times)),
        *rows(rate, past, ((at, learning_rate(spec, at)) for at in done)),
        *rows(speed, past, ((m.epoch, m.images_per_second) for m in metrics)),
    ]
    return live_figure(points, (rate, speed), (past, ahead), Across("epoch", spec.epochs))
