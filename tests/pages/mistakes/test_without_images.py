"""Predictions of images that are not here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cifar_core.errors import DataError
from cifar_core.runs import Predictions, Run, RunStore
from cifar_core.ui import resources
from tests.pages.helpers import button_keys, files_of, gallery_images, open_page, says, shown, stored_predictions
from tests.pages.mistakes.panes import open_pane
from tests.pages.mistakes.reading import counts, opened, photographed


def test_images_of_another_data_set_are_not_shown_for_the_predicted_ones(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    was = stored_predictions(run)
    shifted = Predictions(was.index, (was.targets + 1) % 10, was.probabilities, was.epoch)
    files_of(run).save_predictions("validation", shifted)
    session = open_page("mistakes", run=run.id)
    assert says(session, f"The validation images of Handwritten digits here are not those that run {run.id} predicted.")
    assert not gallery_images(session)
    assert np.sum(counts(session)) == len(was.targets)


def test_without_its_images_a_run_still_shows_its_matrix(store: RunStore, idle: None) -> None:
    photographed(store)
    session = open_page("mistakes")
    assert np.sum(counts(session)) == 20
    assert says(session, "CIFAR-10 is not here: the images themselves cannot be shown. The download goes into ")
    (listed,) = [table.value for table in session.dataframe if "answer" in table.value]
    assert sorted(listed["image"]) == list(range(10)), "the mistakes"
    assert (listed["class"] != listed["answer"]).all()
    assert "download-cifar10" in button_keys(session)
    assert not session.error
    assert not gallery_images(session)


def test_without_its_image_an_opened_one_still_shows_its_answer(store: RunStore, idle: None) -> None:
    run = photographed(store)
    session = open_page("mistakes", run=run.id, image="3")
    assert opened(session, "Validation image 3. The network says **deer**, which is wrong: it is **cat**.")
    assert says(session, "the images themselves cannot be shown")
    assert any(warning.value.startswith("The image itself is not here.") for warning in session.warning)


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
