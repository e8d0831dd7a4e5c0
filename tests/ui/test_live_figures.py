from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cifar_core.runs.records import StepPoint, Watched
from cifar_core.training.schedule import learning_rate
from cifar_core.ui.figures.learning import COLUMNS, NO, TRUE_CLASS, YES, answers_figure, true_class_figure
from cifar_core.ui.figures.live import LiveFigure
from cifar_core.ui.figures.progress import pace_figure, progress_figure
from cifar_core.ui.figures.steps import steps_figure
from tests.tiny import some_metrics, tiny_training

NAMES = ("cat", "dog", "frog")


def points(figure: LiveFigure, panel: str, line: str) -> list[tuple[float, float]]:
    data = figure.data
    of_line = data[(data["panel"] == panel) & (data["line"] == line)]
    return list(zip(of_line["x"], of_line["value"], strict=True))


def across(figure: LiveFigure) -> Any:
    """The domain of the first panel's horizontal axis."""
    return figure.spec["vconcat"][0]["encoding"]["x"]["scale"]["domain"]


def watched(*answers: list[int], share: float = 0.5) -> Watched:
    """Per epoch, the class that each image is taken for with probability `share`."""
    rest = (1 - share) / 2
    table = [[[share if number == said else rest for number in range(3)] for said in epoch] for epoch in answers]
    epochs = tuple(range(1, len(answers) + 1))
    index = tuple(range(100, 100 + len(answers[0])))
    return Watched("validation", index, epochs, np.array(table, dtype=np.float32))


def answers(told: Watched, epoch: int, targets: list[int]) -> LiveFigure:
    images = np.zeros((len(targets), 32, 32, 3), dtype=np.uint8)
    return answers_figure(told, epoch, images, np.array(targets), NAMES, "#000000")


def cells(figure: LiveFigure, kind: str) -> pd.DataFrame:
    return figure.data[figure.data["kind"] == kind]


def test_steps_are_shown_on_the_axis_of_the_whole_epoch() -> None:
    figure = steps_figure([StepPoint(10, 2.0, 0.25), StepPoint(20, 1.5, 0.5)], 390)
    (line,) = set(figure.data["line"])
    assert points(figure, "Loss (nats)", line) == [(10, 2.0), (20, 1.5)]
    assert points(figure, "Accuracy", line) == [(10, 0.25), (20, 0.5)]
    assert across(figure) == [0, 390]


def test_curves_tell_evaluated_from_trained() -> None:
    metrics = [some_metrics(1, eval_accuracy=0.3), some_metrics(2, eval_accuracy=0.6, train_loss=1.0)]
    figure = progress_figure(metrics, "validation")
    assert points(figure, "Accuracy", "validation") == [(1, 0.3), (2, 0.6)]
    assert points(figure, "Accuracy", "training, as trained") == [(1, 0.4), (2, 0.4)]
    assert points(figure, "Loss (nats)", "training, as trained") == [(1, 1.5), (2, 1.0)]
    assert points(figure, "Loss (nats)", "validation") == [(1, 1.75), (2, 1.75)]


def test_learning_rate_is_planned_for_the_whole_run_and_done_up_to_now() -> None:
    spec = tiny_training(epochs=4)
    figure = pace_figure(spec, 1.5, [some_metrics(1, images_per_second=900.0)])
    planned, done = points(figure, "Learning rate", "planned"), points(figure, "Learning rate", "done")
    assert (planned[0][0], planned[-1][0], done[-1][0]) == (0, 4, 1.5)
    assert all(rate == pytest.approx(learning_rate(spec, at)) for at, rate in planned + done)
    assert points(figure, "Images per second", "done") == [(1, 900.0)]
    assert across(figure) == [0, 4]


def test_a_chart_keeps_its_specification_while_its_data_grow() -> None:
    """Streamlit puts new rows into the chart that is there, with its zoom, only if the specification is the same."""
    metrics = [some_metrics(1), some_metrics(2)]
    assert progress_figure(metrics[:1], "test").spec == progress_figure(metrics, "test").spec
    assert steps_figure([], 390).spec == steps_figure([StepPoint(10, 2.0, 0.25)], 390).spec
    spec = tiny_training(epochs=4)
    assert pace_figure(spec, 0, []).spec == pace_figure(spec, 2, metrics).spec
    less, more, targets = watched([0, 1, 2]), watched([0, 1, 2], [1, 1, 1]), [0, 1, 2]
    assert answers(less, 1, targets).spec == answers(more, 2, targets).spec
    assert (
        true_class_figure(less, np.array(targets), NAMES).spec == true_class_figure(more, np.array(targets), NAMES).spec
    )


def test_without_a_finished_epoch_there_are_axes_and_no_points() -> None:
    assert progress_figure([], "validation").data.empty
    assert steps_figure([], 10).data.empty


def test_only_a_chart_that_grows_has_a_strip_to_zoom() -> None:
    assert across(progress_figure([], "validation")) == {"param": "zoom"}
    assert len(progress_figure([], "validation").spec["vconcat"]) == 3
    assert len(steps_figure([], 10).spec["vconcat"]) == 2


def test_each_image_shows_its_class_and_whether_it_is_found() -> None:
    figure = answers(watched([0, 0]), 1, [0, 1])
    assert cells(figure, "right")["text"].tolist() == [f"{YES} cat"]
    assert cells(figure, "wrong")["text"].tolist() == [f"{NO} dog"]


def test_bars_are_as_long_as_the_likeliest_classes_are_probable() -> None:
    told = Watched("test", (7,), (1,), np.array([[[0.25, 0.6, 0.15]]], dtype=np.float32))
    bars = cells(answers(told, 1, [0]), "bar")
    assert bars["text"].tolist() == ["dog", f"{YES} cat", "frog"]
    assert bars["share"].tolist() == ["60 %", "25 %", "15 %"]
    shares = (bars["end"] - bars["column"]) / (bars["whole"] - bars["column"])
    assert shares.tolist() == pytest.approx([0.6, 0.25, 0.15], abs=1e-6)


def test_images_stand_in_rows() -> None:
    figure = answers(watched([0] * (COLUMNS + 2)), 1, [0] * (COLUMNS + 2))
    headings = cells(figure, "right")
    assert headings["column"].tolist() == [*range(COLUMNS), 0, 1]
    assert headings["top"].nunique() == 2
    assert headings["top"].max() < figure.spec["height"]


def test_the_true_class_is_followed_by_epoch_and_the_answer_told() -> None:
    figure = true_class_figure(watched([1, 1], [0, 1], share=0.8), np.array([0, 1]), NAMES)
    assert np.array(points(figure, TRUE_CLASS, "cat 100")) == pytest.approx(np.array([(1, 0.1), (2, 0.8)]))
    of_cat = figure.data[figure.data["line"] == "cat 100"]
    assert of_cat["note"].tolist() == [f"{NO} said dog", f"{YES} right"]


def test_two_images_of_a_class_share_its_colour_and_differ_in_their_stroke() -> None:
    figure = true_class_figure(watched([0, 0, 1]), np.array([0, 0, 1]), NAMES)
    encoding = figure.spec["vconcat"][0]["layer"][0]["encoding"]
    shades = figure.spec["vconcat"][0]["encoding"]["color"]["scale"]["range"]
    dashes = encoding["strokeDash"]["scale"]["range"]
    assert shades[0] == shades[1] != shades[2]
    assert dashes[0] != dashes[1]
