"""The running epoch as a short series of points."""

from __future__ import annotations

from itertools import pairwise

from cifar_core.runs.records import StepPoint
from cifar_core.training.metrics import StepProgress

MAX_POINTS = 240
"""More than a chart can show, and little enough to be written twice a second."""


class StepPoints:
    """Collects what a training reports while an epoch runs; the next epoch begins anew."""

    def __init__(self) -> None:
        self._epoch = 0
        self._points: list[StepPoint] = []

    def add(self, progress: StepProgress) -> None:
        """Takes a report: means over the batches since the one before."""
        if progress.epoch != self._epoch:
            self._epoch, self._points = progress.epoch, []
        if self._points and self._points[-1].batch == progress.batch:
            return  # the last report of an epoch repeats the one before if no batch lay between them
        self._points.append(StepPoint(progress.batch, progress.recent_loss, progress.recent_accuracy))
        if len(self._points) > MAX_POINTS:
            self._points = _halved(self._points)

    @property
    def points(self) -> tuple[StepPoint, ...]:
        """In order."""
        return tuple(self._points)


def _halved(points: list[StepPoint]) -> list[StepPoint]:
    """Every two neighbours become one, weighted by their batches."""
    ends = [0, *(point.batch for point in points)]
    counted = [(point, end - start) for point, (start, end) in zip(points, pairwise(ends), strict=True)]
    return [_merged(counted[at : at + 2]) for at in range(0, len(counted), 2)]


def _merged(counted: list[tuple[StepPoint, int]]) -> StepPoint:
    total = sum(count for _, count in counted)
    loss = sum(point.loss * count for point, count in counted) / total
    accuracy = sum(point.accuracy * count for point, count in counted) / total
    return StepPoint(counted[-1][0].batch, loss, accuracy)
