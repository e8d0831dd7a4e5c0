"""Two runs on the same images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from tests.pages.helpers import damage, files_of, gallery_images, links, metric, says, shown, stored_predictions, texts
from tests.pages.mistakes.panes import bytes_of, improve, open_pane
from tests.tiny import some_metrics, tiny_config


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
