from __future__ import annotations

import numpy as np

from cifar_core.architecture import before_pooling, find_preset
from cifar_core.training.metrics import EpochMetrics
from cifar_core.ui.colors import NEUTRAL
from cifar_core.ui.figures.confusion import confusion_figure
from cifar_core.ui.figures.curves import Curve, curves_figure
from cifar_core.ui.figures.field import field_figure
from tests.tiny import some_metrics


def curve(title: str, *accuracies: float, reference: bool = False) -> Curve:
    metrics: list[EpochMetrics] = [
        some_metrics(epoch, eval_accuracy=accuracy) for epoch, accuracy in enumerate(accuracies, start=1)
    ]
    made = Curve.of(title, metrics)
    return Curve(title, made.split, made.epochs, made.train_accuracy, made.eval_accuracy, reference=reference)


def test_field_is_drawn_as_squares_of_the_layers_fields() -> None:
    spec = find_preset("seed-model-3").spec
    figure = field_figure(spec.layers, 32, 44)
    sides = [round(max(trace.x) - min(trace.x)) for trace in figure.data]
    fields = {layer.r_out for layer in before_pooling(spec.layers)} - {1}
    assert set(sides[:-2]) == fields
    assert sides[-2:] == [32, 44]


def test_best_epoch_is_starred() -> None:
    stars = [trace for trace in curves_figure([curve("run", 0.2, 0.6, 0.5)]).data if "markers+text" in trace.mode]
    assert [(star.x[0], star.y[0], star.text[0]) for star in stars] == [(2, 0.6, "60.0%")]


def test_runs_are_told_apart_and_the_reference_is_neutral() -> None:
    figure = curves_figure(
        [curve("a", 0.1, 0.2, 0.3), curve("seed", 0.4, 0.5, 0.6, reference=True), curve("b", 0.2, 0.3, 0.4)]
    )
    colors = {trace.name: trace.line.color for trace in figure.data if trace.name and trace.name.endswith("validation")}
    assert colors["seed: validation"] == NEUTRAL
    assert len(set(colors.values())) == 3


def test_zoom_survives_a_refresh() -> None:
    assert (
        curves_figure([curve("run", 0.2)]).layout.uirevision
        == curves_figure([curve("run", 0.2, 0.3)]).layout.uirevision
    )


def test_every_cell_of_the_matrix_is_clickable_with_its_classes() -> None:
    matrix = np.array([[5, 1, 0], [0, 6, 0], [2, 0, 4]])
    cells = confusion_figure(matrix, ("cat", "dog", "frog"), as_shares=False, text_color="#000").data[-1]
    assert [tuple(pair) for pair in cells.customdata] == [(row, column) for row in range(3) for column in range(3)]
    assert list(cells.y) == [pair[0] for pair in cells.customdata]
    assert list(cells.x) == [pair[1] for pair in cells.customdata]
    assert list(cells.text) == ["5", "1", "", "", "6", "", "2", "", "4"]


def test_shares_of_a_row_can_be_shown_instead() -> None:
    matrix = np.array([[3, 1], [0, 0]])
    cells = confusion_figure(matrix, ("cat", "dog"), as_shares=True, text_color="#000").data[-1]
    assert list(cells.text) == ["75%", "25%", "", ""]
