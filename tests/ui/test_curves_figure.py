from __future__ import annotations

from collections.abc import Sequence

import pytest

from cifar_core.analysis.curves import Curve, mean_curve, reference_curve, run_curve
from cifar_core.analysis.smoothing import smoothed
from cifar_core.ui.colors import NEUTRAL
from cifar_core.ui.figures.curves import FEW_CURVES, FEW_EPOCHS, curves_figure
from cifar_core.ui.figures.live import LiveFigure
from tests.tiny import some_metrics

VALUES = (0.2, 0.6, 0.5)


def curve(title: str, accuracies: Sequence[float] = VALUES) -> Curve:
    metrics = [some_metrics(epoch, eval_accuracy=value) for epoch, value in enumerate(accuracies, start=1)]
    return run_curve(title, metrics, "validation")


def figure(*curves: Curve, by_time: bool = False, smoothing: float = 0.0, with_trained: bool = True) -> LiveFigure:
    return curves_figure(curves, by_time, smoothing, with_trained)


def points(shown: LiveFigure, kind: str, panel: str = "Accuracy", line: str = "run") -> list[tuple[float, float]]:
    data = shown.data
    rows = data[(data["kind"] == kind) & (data["line"] == line) & data["panel"].str.startswith(panel)]
    return list(zip(rows["x"], rows["value"], strict=True))


def scale(shown: LiveFigure, channel: str) -> list[object]:
    """The looks of the lines, in the legend's order."""
    panel = shown.spec["vconcat"][0]
    encodings = [panel["encoding"], *(layer["encoding"] for layer in panel["layer"])]
    (looks,) = (encoding[channel]["scale"]["range"] for encoding in encodings if channel in encoding)
    return list(looks)


def test_each_metric_has_its_panel() -> None:
    shown = figure(curve("run"))
    assert points(shown, "line") == [(1, 0.2), (2, 0.6), (3, 0.5)]
    assert points(shown, "as trained") == [(1, 0.4), (2, 0.4), (3, 0.4)]
    assert points(shown, "line", "Loss") == [(1, 1.75), (2, 1.75), (3, 1.75)]
    assert points(shown, "as trained", "Loss") == [(1, 1.5), (2, 1.5), (3, 1.5)]
    assert points(shown, "line", "Learning rate") == [(1, 0.125), (2, 0.125), (3, 0.125)]


def test_time_is_what_the_epochs_took_together() -> None:
    shown = figure(curve("run"), by_time=True)
    assert [x for x, _ in points(shown, "line")] == pytest.approx([0.75, 1.5, 2.25])


def test_the_best_epoch_is_starred_with_its_unsmoothed_figure() -> None:
    shown = figure(curve("run"), smoothing=0.9)
    assert points(shown, "best") == [(2, 0.6)]
    assert shown.data[shown.data["kind"] == "best"]["note"].tolist() == ["60.0 % @ 2"]


def test_behind_a_smoothed_line_lies_the_raw_one() -> None:
    shown = figure(curve("run"), smoothing=0.5)
    assert [value for _, value in points(shown, "line")] == pytest.approx(smoothed(VALUES, 0.5))
    assert [value for _, value in points(shown, "raw")] == list(VALUES)
    assert not points(figure(curve("run")), "raw"), "unsmoothed, both would be the same line"
    assert points(shown, "line", "Learning rate") == points(figure(curve("run")), "line", "Learning rate")


def test_training_accuracy_can_be_left_out() -> None:
    shown = figure(curve("run"), with_trained=False, smoothing=0.5)
    assert not any("as trained" in kind for kind in shown.data["kind"])


def test_a_band_spans_a_deviation_on_either_side_of_the_mean() -> None:
    mean = mean_curve("run", [curve("a", [0.4, 0.5]), curve("b", [0.6, 0.5])])
    band = points(figure(mean), "band")
    deviation = 0.02**0.5
    assert band == [(1, pytest.approx(0.5 - deviation)), (2, 0.5), (1, pytest.approx(0.5 + deviation)), (2, 0.5)]
    assert not points(figure(mean), "best"), "a mean has no best epoch of its own"


def test_runs_are_told_apart_by_colour_and_stroke_and_the_reference_is_neutral() -> None:
    shown = figure(*(curve(f"run {number}") for number in range(40)), reference_curve())
    looks = list(zip(scale(shown, "color"), map(str, scale(shown, "strokeDash")), strict=True))
    assert len(set(looks)) == 41
    assert [color for color, _ in looks].count(NEUTRAL) == 1
    assert looks[-1][0] == NEUTRAL
    assert looks[0][1] != looks[1][1]


def test_the_rate_of_the_seed_s_curve_is_said_to_be_inferred() -> None:
    titles = [panel["title"]["text"] for panel in figure(curve("run"), reference_curve()).spec["vconcat"]]
    assert titles[2] == "Learning rate (that of the seed document is inferred)"
    assert len(points(figure(reference_curve()), "line", "Learning rate", "seed document")) == 50
    assert figure(curve("run")).spec["vconcat"][2]["title"]["text"] == "Learning rate"


@pytest.mark.parametrize("epochs", [0, 1, FEW_EPOCHS, FEW_EPOCHS + 1])
def test_epochs_smoothing_and_training_lines_leave_the_specification_alone(epochs: int) -> None:
    """Streamlit puts new rows into the chart that is there, with its zoom, only if the specification is the same."""
    other = curve("other", [0.1] * 30)
    shown = figure(curve("run", [0.5] * epochs), other, smoothing=0.7, with_trained=False)
    assert shown.spec == figure(curve("run"), other).spec


def test_only_few_epochs_have_dots_so_that_a_single_one_is_seen() -> None:
    single = figure(curve("run", [0.5]))
    assert points(single, "dot") == [(1, 0.5), (1, 0.4)]  # on evaluated images, and as trained
    assert points(single, "dot", "Learning rate") == [(1, 0.125)]
    assert set(points(figure(curve("run")), "dot")) == {(1, 0.2), (2, 0.6), (3, 0.5)}
    assert not points(figure(curve("run", [0.5] * (FEW_EPOCHS + 1))), "dot")


def test_many_curves_have_stars_without_figures() -> None:
    def texts(count: int) -> int:
        layers = figure(*(curve(str(number)) for number in range(count))).spec["vconcat"][0]["layer"]
        return sum(layer["mark"]["type"] == "text" for layer in layers)

    assert (texts(FEW_CURVES), texts(FEW_CURVES + 1)) == (1, 0)
