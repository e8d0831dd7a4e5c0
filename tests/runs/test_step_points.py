from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifar_core.runs.records import StepPoint
from cifar_core.runs.step_points import MAX_POINTS, StepPoints
from cifar_core.training.metrics import StepProgress

BATCHES = 100_000


def report(epoch: int, batch: int, loss: float = 1.0, accuracy: float = 0.5) -> StepProgress:
    return StepProgress(
        epoch=epoch,
        batch=batch,
        batches=BATCHES,
        loss=9.0,
        accuracy=0.9,
        recent_loss=loss,
        recent_accuracy=accuracy,
        images_per_second=100.0,
    )


def weighted_means(points: tuple[StepPoint, ...]) -> tuple[float, float]:
    """Over all batches, each point counted by the batches that it stands for."""
    total = points[-1].batch
    sums = [0.0, 0.0]
    for before, point in pairwise((StepPoint(0, 0.0, 0.0), *points)):
        sums[0] += point.loss * (point.batch - before.batch)
        sums[1] += point.accuracy * (point.batch - before.batch)
    return sums[0] / total, sums[1] / total


def test_points_are_what_was_reported() -> None:
    points = StepPoints()
    assert not points.points
    points.add(report(1, 3, 2.5, 0.25))
    points.add(report(1, 5, 1.5, 0.75))
    assert points.points == (StepPoint(3, 2.5, 0.25), StepPoint(5, 1.5, 0.75))


def test_a_new_epoch_begins_anew() -> None:
    points = StepPoints()
    for batch in range(1, MAX_POINTS + 2):
        points.add(report(1, batch))
    points.add(report(2, 1, 0.5, 1.0))
    assert points.points == (StepPoint(1, 0.5, 1.0),)


def test_the_same_batch_of_another_epoch_is_another_point() -> None:
    points = StepPoints()
    points.add(report(1, 4, 2.0))
    points.add(report(2, 4, 1.0))
    assert points.points == (StepPoint(4, 1.0, 0.5),)


def test_a_report_without_a_batch_since_the_one_before_adds_nothing() -> None:
    points = StepPoints()
    points.add(report(1, 4, 2.0))
    points.add(report(1, 4, 0.0, 0.0))
    assert points.points == (StepPoint(4, 2.0, 0.5),)


def test_what_was_given_out_does_not_change() -> None:
    points = StepPoints()
    points.add(report(1, 1))
    before = points.points
    points.add(report(1, 2))
    assert before == (StepPoint(1, 1.0, 0.5),)


def test_one_point_too_many_merges_neighbours() -> None:
    points = StepPoints()
    for batch in range(1, MAX_POINTS + 1):
        points.add(report(1, batch, float(batch)))
    assert len(points.points) == MAX_POINTS
    points.add(report(1, MAX_POINTS + 3, 7.0))
    merged = points.points
    assert len(merged) == MAX_POINTS // 2 + 1
    assert [(point.batch, point.loss) for point in merged[:3]] == [(2, 1.5), (4, 3.5), (6, 5.5)]
    assert merged[-1] == StepPoint(MAX_POINTS + 3, 7.0, 0.5), "the odd one out stands for itself"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.floats(0, 100), st.floats(0, 1)),
        min_size=1,
        max_size=4 * MAX_POINTS,
    )
)
def test_merging_keeps_order_length_and_means(reports: list[tuple[int, float, float]]) -> None:
    points, batch, sums = StepPoints(), 0, [0.0, 0.0]
    for step, loss, accuracy in reports:
        batch += step
        sums = [sums[0] + step * loss, sums[1] + step * accuracy]
        points.add(report(1, batch, loss, accuracy))
        told = points.points
        assert len(told) <= MAX_POINTS
        assert told[-1].batch == batch
    assert all(earlier.batch < later.batch for earlier, later in pairwise(told))
    assert weighted_means(told) == pytest.approx((sums[0] / batch, sums[1] / batch), rel=1e-9, abs=1e-9)
