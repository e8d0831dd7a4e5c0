"""Loss and accuracy within the running epoch."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.runs.records import StepPoint
from cifar_core.ui.colors import color
from cifar_core.ui.figures.live import Across, Line, LiveFigure, Panel, live_figure, rows


def steps_figure(points: Sequence[StepPoint], batches: int) -> LiveFigure:
    """Loss and accuracy by batch; the axis is the whole epoch from its first batch on, so that nothing jumps.

    Args:
        points: of the running epoch, oldest first; none before its first one.
        batches: of an epoch, at least 1.
    """
    loss, accuracy = Panel("Loss (nats)", ".3~f", 110), Panel("Accuracy", ".3~%", 110)
    trained = Line("training, as trained", color(1))
    drawn = [
        *rows(loss, trained, ((point.batch, point.loss) for point in points)),
        *rows(accuracy, trained, ((point.batch, point.accuracy) for point in points)),
    ]
    return live_figure(drawn, (loss, accuracy), (trained,), Across("batch of the running epoch", batches))
