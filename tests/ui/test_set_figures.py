"""Figures of Mistakes about a whole set."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from cifar_core.analysis.calibration import calibration
from cifar_core.analysis.features import PrincipalMap
from cifar_core.analysis.pairs import ClassPair
from cifar_core.ui.colors import RIGHT, TEXT_ON, WRONG, color
from cifar_core.ui.figures.class_differences import class_difference_figure
from cifar_core.ui.figures.feature_map import feature_map_figure
from cifar_core.ui.figures.reliability import reliability_figure
from tests.analysis.predictions import random_predictions

NAMES = tuple("0123456789")


def test_a_bin_s_gap_reaches_from_its_accuracy_to_its_confidence() -> None:
    measured = calibration(random_predictions())
    accuracy, gap, _, shares, *_ = reliability_figure(measured).data
    bins = [bar for bar in measured.bins if bar.count]
    assert list(accuracy.y) == [bar.accuracy for bar in bins]
    assert list(gap.base) == [bar.accuracy for bar in bins]
    assert [base + y for base, y in zip(gap.base, gap.y, strict=True)] == pytest.approx([b.confidence for b in bins])
    assert sum(shares.y) == pytest.approx(1.0)
    for trace in (accuracy, gap, shares):
        assert list(trace.x) == pytest.approx([(bar.low + bar.high) / 2 for bar in bins])
        assert list(trace.width) == pytest.approx([1 / 15] * len(bins))


def test_a_class_s_difference_has_a_sign_beside_its_colour_and_digits_stay_names() -> None:
    classes = [ClassPair("1", 10, 0.5, 0.75), ClassPair("0", 10, 1.0, 0.9), ClassPair("7", 0, 0.0, 0.0)]
    figure = class_difference_figure(classes, "A", "B")
    (bars,) = figure.data
    assert list(bars.y) == ["0", "1"]
    assert list(bars.x) == pytest.approx([10, -25])
    assert list(bars.text) == ["+10.0", "-25.0"]
    assert list(bars.marker.color) == [RIGHT, WRONG]
    assert figure.layout.yaxis.type == "category"


def test_equal_networks_leave_room_around_their_zeros() -> None:
    figure = class_difference_figure([ClassPair("cat", 10, 0.5, 0.5)], "A", "B")
    assert tuple(figure.layout.xaxis.range) == (-1, 1)


def test_points_carry_their_image_its_class_s_colour_and_a_shape_for_mistakes() -> None:
    predictions = random_predictions(120)
    laid = PrincipalMap(np.random.default_rng(0).normal(size=(120, 2)).astype(np.float32), (0.4, 0.3))
    shown = np.arange(0, 120, 2)
    figure = feature_map_figure(laid, predictions, shown, NAMES, TEXT_ON["light"])
    drawn = [trace for trace in figure.data if trace.customdata is not None]
    assert sorted(at for trace in drawn for at in trace.customdata) == shown.tolist()
    for trace in drawn:
        positions = np.array(trace.customdata)
        assert {color(target) for target in predictions.targets[positions]} == {trace.marker.color}
        right = predictions.predicted[positions] == predictions.targets[positions]
        assert set(right) == {trace.marker.symbol == "circle"}
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], axis=1), laid.points[positions])
    assert figure.layout.xaxis.title.text == "first component: 40.0 % of the variance"


def test_names_of_classes_that_lie_together_do_not_cover_each_other() -> None:
    predictions = random_predictions(200)
    together = PrincipalMap(np.random.default_rng(1).normal(size=(200, 2)).astype(np.float32), (0.5, 0.5))
    figure = feature_map_figure(together, predictions, np.arange(200), NAMES, TEXT_ON["dark"])
    names = [(note.x, note.y) for note in figure.layout.annotations]
    assert len(names) == 10
    width, height = np.ptp(together.points, axis=0)
    for (x, y), (other_x, other_y) in combinations(names, 2):
        assert abs(x - other_x) > 0.08 * width or abs(y - other_y) > 0.05 * height


def test_a_single_point_is_drawn() -> None:
    predictions = random_predictions(1)
    laid = PrincipalMap(np.zeros((1, 2), dtype=np.float32), (0.0, 0.0))
    figure = feature_map_figure(laid, predictions, np.array([0]), NAMES, TEXT_ON["light"])
    assert len(figure.layout.annotations) == 1
