"""The panes of Mistakes that are about a whole set rather than about one image."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats  # type: ignore[import-untyped]
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from cifar_core.analysis.calibration import calibration
from cifar_core.analysis.label_errors import find_label_errors, rank_ambiguous
from cifar_core.data import load_dataset
from cifar_core.errors import DataError
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunState, RunStore
from cifar_core.ui import resources
from cifar_core.ui.mistakes import feature_map_view, image_pages
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from cifar_core.ui.mistakes.subject import Subject
from tests.pages.helpers import (
    damage,
    files_of,
    gallery_images,
    links,
    metric,
    open_page,
    says,
    shown,
    stored_predictions,
    texts,
)
from tests.tiny import some_metrics, tiny_config


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Positions of the images that were opened."""
    positions: list[int] = []

    def open_image(subject: Subject, position: int) -> None:
        positions.append(position)

    monkeypatch.setattr(image_pages, "open_image", open_image)
    monkeypatch.setattr(feature_map_view, "open_image", open_image)
    return positions


def improve(run: Run, split: EvaluationSplit, seed: int) -> Predictions:
    """Gives a run that has learnt next to nothing the answers of one that has: right in most images, torn in some."""
    predictions, generator = stored_predictions(run, split), np.random.default_rng(seed)
    count = len(predictions.targets)
    logits = generator.normal(size=(count, 10)) + generator.uniform(0, 5, (count, 1)) * np.eye(10)[predictions.targets]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    better = replace(predictions, probabilities=shares.astype(np.float32))
    files_of(run).save_predictions(split, better)
    return better


@pytest.fixture
def run(trained: Callable[[str], Run]) -> Run:
    """A run with validation predictions that are worth looking at."""
    run = trained("completed")
    improve(run, "validation", 0)
    return run


@pytest.fixture
def pair(trained: Callable[[str], Run]) -> tuple[Run, Run]:
    """The two runs with predictions for the test images, under either protocol."""
    first, second = trained("completed"), named("as the seed")
    improve(first, "test", 1)
    improve(second, "test", 2)
    return first, second


def named(name: str) -> Run:
    store = RunStore()
    try:
        return next(run for run in store.list_runs() if run.name == name)
    finally:
        store.close()


def open_pane(title: str, run: Run, split: EvaluationSplit = "validation", **query: str) -> AppTest:
    return open_page("mistakes", run=run.id, split=split.capitalize(), view=title, **query)


def table(session: AppTest, key: str) -> pd.DataFrame:
    (found,) = (frame.value for frame in session.dataframe if key in frame.value.columns)
    return found


def chart(session: AppTest) -> dict[str, Any]:
    (found,) = session.get("plotly_chart")
    spec: dict[str, Any] = json.loads(found.proto.spec)
    return spec


def bytes_of(predictions: Predictions, positions: np.ndarray, split: EvaluationSplit = "validation") -> list[bytes]:
    dataset = load_dataset("digits")
    images = (dataset.train if split == "validation" else dataset.test).images
    return [images[predictions.index[at]].tobytes() for at in positions]


def test_class_figures_are_scikit_learn_s(run: Run) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Classes", run)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        predictions.targets, predictions.predicted, labels=range(10), zero_division=0
    )
    by_class = table(session, "F1")
    for column, expected in (("precision", 100 * precision), ("recall", 100 * recall), ("F1", 100 * f1)):
        assert by_class[column].tolist() == pytest.approx(expected.tolist())
    assert by_class["images"].tolist() == support.tolist()
    best, worst = (
        " and ".join(f"**{name}**" for name in np.flatnonzero(f1 == end)) + f" ({100 * end:.1f} %)"
        for end in (f1.max(), f1.min())
    )
    assert says(session, f"best: {best}; worst: {worst}.")
    if (f1 == f1.min()).sum() == 1:
        last = f1.argmin()
        assert says(session, f"Of the {support[last]} images of {last} {100 * recall[last]:.1f} % are recognised")


def test_confused_pairs_are_counted_both_ways(run: Run) -> None:
    predictions = stored_predictions(run)
    pairs = table(open_pane("Classes", run), "mistakes")
    matrix = metrics.confusion_matrix(predictions.targets, predictions.predicted, labels=range(10))
    for row in pairs.to_dict("records"):
        first, second = (int(name) for name in row["classes"].split(" and "))
        assert (row["first as second"], row["second as first"]) == (matrix[first, second], matrix[second, first])
    both = matrix + matrix.T
    np.fill_diagonal(both, 0)
    assert pairs["mistakes"].max() == both.max()


def test_calibration_is_told_in_words_and_figures(run: Run) -> None:
    measured = calibration(stored_predictions(run))
    session = open_pane("Calibration", run)
    assert metric(session, "Expected error (ECE)") == f"{100 * measured.expected_error:.1f} %"
    assert metric(session, "Maximum error (MCE)") == f"{100 * abs(measured.worst_bin.gap):.1f} %"
    assert metric(session, "Log loss") == f"{measured.negative_log_likelihood:.3f}"
    assert metric(session, "Brier score") == f"{measured.brier:.3f}"
    assert says(
        session, f"sure by **{100 * measured.confidence:.1f} %**", f"right in **{100 * measured.accuracy:.1f} %**"
    )


def test_likely_label_errors_are_those_of_confident_learning(run: Run) -> None:
    predictions = stored_predictions(run)
    found = find_label_errors(predictions)
    session = open_pane("Label errors", run)
    assert says(
        session, f"**{len(found.positions):,} candidate", f"among {len(predictions.targets):,} validation images"
    )
    assert says(session, "Northcutt", f"right in {100 * predictions.accuracy:.1f} %, validation-chosen")
    images = gallery_images(session)
    shown_positions = found.positions[:IMAGES_A_PAGE]
    assert [image.picture.tobytes() for image in images] == bytes_of(predictions, shown_positions)
    label, suggested = predictions.targets[found.positions[0]], found.suggested[0]
    assert images[0].caption == f"{label} → {suggested}?\n{100 * found.margins[0]:+.1f} points"
    assert f"Image {predictions.index[found.positions[0]]}: " in images[0].alt


def test_ambiguous_images_name_their_label_and_two_classes(run: Run) -> None:
    ranked = rank_ambiguous(stored_predictions(run))
    session = open_pane("Label errors", run)
    shown(session.segmented_control("label-errors-doubt").set_value("ambiguous").run())
    images = gallery_images(session)
    torn = int((ranked.scores >= 0.3).sum())
    assert says(session, f"For **{torn} image", "a second class gets 30.0 % or more")
    assert [image.picture.tobytes() for image in images] == bytes_of(
        stored_predictions(run), ranked.positions[:torn][:IMAGES_A_PAGE]
    )
    label, first, second = images[0].caption.splitlines()
    assert label == f"label {stored_predictions(run).targets[ranked.positions[0]]}"
    assert first.startswith(f"{ranked.first[0]}: ")
    assert second.startswith(f"{ranked.second[0]}: ")


def test_a_clicked_image_of_a_gallery_is_opened(run: Run, opened: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_pane("Label errors", run)
    monkeypatch.setattr(image_pages, "gallery", lambda images, key: 1)
    shown(session.run())
    assert opened == [find_label_errors(stored_predictions(run)).positions[1]]


def test_the_feature_map_has_a_point_for_each_image(run: Run) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Feature map", run)
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    assert points == list(range(len(predictions.targets)))
    shown(session.toggle("map-mistakes").set_value(True).run())
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    assert points == np.flatnonzero(predictions.predicted != predictions.targets).tolist()
    shown(session.selectbox("map-class-digits").set_value("3").run())
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    wrong_threes = (predictions.targets == 3) & (predictions.predicted != 3)
    assert points == np.flatnonzero(wrong_threes).tolist()


def test_many_points_are_a_sample_told_as_such(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_map_view, "MAX_POINTS", 40)
    session = open_pane("Feature map", run)
    points = [position for trace in chart(session)["data"] for position in trace.get("customdata", ())]
    assert len(set(points)) == 40
    assert says(session, f"A sample of 40 of {len(stored_predictions(run).targets):,} images.")


def test_the_keyboard_opens_a_point_by_its_image_s_number(run: Run, opened: list[int]) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Feature map", run)

    def ask(number: int) -> AppTest:
        (box,) = (box for box in session.number_input if box.label == "Image number")
        box.set_value(number)
        (button,) = (button for button in session.button if button.label == "Open")
        return shown(button.click().run())

    ask(int(predictions.index[7]))
    assert opened == [7]
    missing = next(number for number in range(2000) if number not in predictions.index)
    ask(missing)
    assert opened == [7]
    assert says(session, f"Image {missing} is not among the validation images: the nearest one is")


def test_panes_without_images_still_tell_their_figures(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:

    def missing(name: str) -> None:
        raise DataError("The digits are not here.")

    monkeypatch.setattr(resources, "dataset", missing)
    session = open_pane("Label errors", run)
    assert says(session, "**", "candidate")
    assert says(session, "The images themselves are not here.")
    shown(session.segmented_control("mistakes-pane").set_value("Feature map").run())
    assert says(session, "The images themselves are not here.")
    shown(session.segmented_control("mistakes-pane").set_value("Calibration").run())
    assert not says(session, "The images themselves are not here.")


def test_a_feature_map_without_weights_says_so(run: Run) -> None:
    for which in ("best", "last", "previous"):
        files_of(run).checkpoint(which).unlink(missing_ok=True)
    session = open_pane("Feature map", run)
    assert says(session, "The weights of this run are gone")
    assert links(session) == ["Go to Training"]
    assert not session.error


def test_two_runs_are_compared_on_the_same_images(pair: tuple[Run, Run]) -> None:
    first, second = pair
    one, other = stored_predictions(first, "test"), stored_predictions(second, "test")
    session = open_pane("Two runs", first, "test")
    right, right_other = one.predicted == one.targets, other.predicted == other.targets
    only_a, only_b = np.flatnonzero(right & ~right_other), np.flatnonzero(~right & right_other)
    p_value = stats.binomtest(len(only_a), len(only_a) + len(only_b)).pvalue
    told = "less than 0.001" if p_value < 0.001 else f"{p_value:.3f}"
    assert says(session, f"A on {len(only_a)}, B on {len(only_b)}", f"**{told}**", "McNemar")
    assert metric(session, "A, validation-chosen") == f"{100 * one.accuracy:.1f} %"
    assert metric(session, "B, last epoch") == f"{100 * other.accuracy:.1f} %"
    assert session.query_params["with"] in (second.id, [second.id])
    for group, positions in (
        ("only A", only_a),
        ("only B", only_b),
        ("neither", np.flatnonzero(~right & ~right_other)),
    ):
        shown(session.segmented_control("pair-images").set_value(group).run())
        pictures = [image.picture.tobytes() for image in gallery_images(session)]
        assert pictures == bytes_of(one, positions[:IMAGES_A_PAGE], "test")


def test_a_link_names_the_second_run(pair: tuple[Run, Run]) -> None:
    first, second = pair
    halted = named("halted")
    files_of(halted).save_predictions("test", replace(stored_predictions(second, "test"), epoch=halted.chosen_epoch))
    for linked in (second, halted):
        session = open_pane("Two runs", first, "test", **{"with": linked.id})
        assert session.selectbox(f"with-{first.id}-test").value == linked.id


def test_a_second_run_that_cannot_be_shown_is_told_and_a_deleted_one_restored(pair: tuple[Run, Run]) -> None:
    first, second = pair
    halted = named("halted")
    session = open_pane("Two runs", first, "test", **{"with": halted.id})
    assert says(session, f"Run {halted.id} has no predictions for the test images: another one is shown.")
    files_of(halted).save_predictions("test", replace(stored_predictions(second, "test"), epoch=halted.chosen_epoch))
    with closing(RunStore()) as store:
        store.delete([halted.id])
    session = open_pane("Two runs", first, "test", **{"with": halted.id})
    assert says(session, f"Run halted ({halted.id}) was deleted: another one is shown.")
    box = f"with-{first.id}-test"
    assert session.selectbox(box).value == second.id
    shown(session.button("restore-with").click().run())
    assert session.selectbox(box).value == session.query_params["with"] == halted.id
    absent = "20010101-000000-abcdef"
    session = open_pane("Two runs", first, "test", **{"with": absent})
    assert says(session, f"There is no run {absent} here: another one is shown.")


def test_the_second_run_is_rather_one_with_the_same_images(pair: tuple[Run, Run], idle: None) -> None:
    first, second = pair
    with closing(RunStore()) as store:
        claim = store.start(tiny_config("fewer", limit_test=64))
        store.report_epoch(claim, some_metrics())
        store.report_end(claim, RunState.COMPLETED)
    newest = named("fewer")
    files_of(newest).prepare(newest.config)
    files_of(newest).save_predictions("test", replace(stored_predictions(second, "test"), epoch=1))
    session = open_pane("Two runs", first, "test")
    box = session.selectbox(f"with-{first.id}-test")
    assert len(box.options) == 2
    assert box.value == second.id


def test_without_a_second_run_the_pane_says_how_to_get_one(run: Run) -> None:
    session = open_pane("Two runs", run, "validation")
    assert says(session, "No other run of", "has predictions for the validation images")
    assert "Go to Training" in links(session)


def test_runs_that_predicted_other_images_are_not_compared(pair: tuple[Run, Run]) -> None:
    first, second = pair
    predictions = stored_predictions(second, "test")
    later = replace(predictions, index=predictions.index[::-1] + 5)
    files_of(second).save_predictions("test", later)
    session = open_pane("Two runs", first, "test")
    (warning,) = session.warning
    assert "different images" in warning.value


def test_damaged_predictions_of_the_second_run_are_one_sentence(pair: tuple[Run, Run]) -> None:
    first, second = pair
    damage(files_of(second).predictions_path("test"))
    session = open_pane("Two runs", first, "test")
    (warning,) = session.warning
    assert "is damaged" in warning.value


def test_two_runs_that_are_right_on_the_same_images_are_not_told_apart(pair: tuple[Run, Run]) -> None:
    first, second = pair
    files_of(second).save_predictions("test", stored_predictions(first, "test"))
    session = open_pane("Two runs", first, "test")
    assert says(session, "nothing tells them apart"), texts(session)
    assert says(session, "There is no such image.")
