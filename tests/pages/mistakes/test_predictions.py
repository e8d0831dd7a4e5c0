"""Predictions that are missing, damaged or outdated, and computed anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cifar_core.runs import Run, RunFiles, RunState, RunStore
from tests.pages.helpers import (
    as_read,
    button_keys,
    damage,
    files_of,
    links,
    open_page,
    says,
    shown,
    stored_predictions,
)
from tests.pages.mistakes.reading import counts, photographed


def test_a_stopped_run_offers_to_compute_its_predictions(trained: Callable[[str], Run]) -> None:
    run = trained("stopped")
    assert run.state == RunState.STOPPED
    session = open_page("mistakes", run=run.id)
    assert says(session, "no predictions for the validation images. It ended before its evaluation.")
    assert not session.get("plotly_chart")
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert np.sum(counts(session)) == len(stored_predictions(run).targets)
    shown(session.run())
    assert session.get("plotly_chart"), "they are stored"


def test_removed_predictions_can_be_computed_again(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    before = stored_predictions(run)
    files_of(run).predictions_path("validation").unlink()
    session = open_page("mistakes", run=run.id)
    assert says(session, "no predictions for the validation images.")
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert (stored_predictions(run).predicted == before.predicted).all()


def test_damaged_predictions_are_a_sentence(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    path = files_of(run).predictions_path("validation")
    damage(path)
    session = open_page("mistakes")
    assert [as_read(error.value) for error in session.error] == [
        f"{path} is damaged: delete it and evaluate the run again."
    ]
    shown(session.segmented_control("split").set_value("test").run())
    assert not session.error
    assert session.get("plotly_chart")


def test_a_missing_checkpoint_is_a_sentence(trained: Callable[[str], Run]) -> None:
    run = trained("stopped")
    shutil.rmtree(files_of(run).folder / "checkpoints")
    session = open_page("mistakes", run=run.id)
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert says(session, "The weights of this run are gone: its figures stay", "checkpoint")
    assert links(session) == ["Go to Training"]
    assert not session.error


def test_predictions_of_another_epoch_than_the_run_s_are_told_and_computed_anew(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    was = stored_predictions(run)
    files_of(run).save_predictions("validation", replace(was, epoch=7))
    session = open_page("mistakes", run=run.id)
    assert says(session, "Those that are stored are of epoch 7, from before it went on.")
    assert not session.get("plotly_chart")
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert stored_predictions(run).epoch == run.chosen_epoch
    assert np.sum(counts(session)) == len(was.targets)


def test_predictions_of_another_number_of_classes_are_a_sentence(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    was = stored_predictions(run)
    wider = np.pad(was.probabilities, ((0, 0), (0, 1)))
    files_of(run).save_predictions("validation", replace(was, probabilities=wider))
    session = open_page("mistakes", run=run.id)
    (error,) = session.error
    assert "is damaged: delete it and evaluate the run again." in as_read(error.value)


def test_what_cannot_be_computed_without_cifar_10_is_offered_with_its_download(store: RunStore, idle: None) -> None:
    run = photographed(store)
    RunFiles(store.run_folder(run.id)).predictions_path("validation").unlink()
    session = open_page("mistakes", run=run.id)
    assert says(session, "This run has no predictions for the validation images.")
    assert "download-cifar10" in button_keys(session)
    assert "Compute them now" not in [button.label for button in session.button]
