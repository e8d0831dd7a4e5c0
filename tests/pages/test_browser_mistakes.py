"""The Mistakes page by mouse and keyboard, in a real Chromium."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from cifar_core.runs import Predictions, RunFiles, RunStore
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from cifar_core.ui.mistakes.matrix_view import ANY
from tests.pages.browser import Dashboard, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def indices(images: Locator) -> list[int]:
    """Indices in the data set, as the buttons are named."""
    names = [str(button.get_attribute("aria-label")) for button in images.all()]
    return [int(re.match(r"Image ([0-9]+): ", name)[1]) for name in names]  # type: ignore[index]


def predictions_of(folder: Path, run_id: str) -> Predictions:
    with closing(RunStore(folder=folder)) as store:
        predictions = RunFiles(store.run_folder(run_id)).load_predictions("test")
    assert predictions is not None
    return predictions


def largest_cell(predictions: Predictions, right: bool) -> tuple[int, int]:
    """Among those that fit on a page, so that all of its images are shown."""
    cells = {
        cell: int(((predictions.targets == cell[0]) & (predictions.predicted == cell[1])).sum())
        for cell in np.ndindex(10, 10)
        if (cell[0] == cell[1]) == right
    }
    return max((cell for cell in cells if cells[cell] <= IMAGES_A_PAGE), key=cells.__getitem__)


def test_a_cell_shows_its_images_and_another_run_none_of_them(
    dashboard: Dashboard, visitor: Visitor, trained_once: tuple[Path, dict[str, str]]
) -> None:
    folder, ids = trained_once
    shutil.copytree(folder, dashboard.runs)
    run, other = ids["completed"], ids["seed"]
    predictions, scope = predictions_of(folder, run), f"{run}-test"
    visitor.open("mistakes", f"?run={run}&split=Test")
    for right in (True, False):
        true, predicted = largest_cell(predictions, right)
        inside = (predictions.targets == true) & (predictions.predicted == predicted)
        visitor.click_cell(scope, true, predicted)
        visitor.expect_choice(f"true-class-{scope}", str(true))
        visitor.expect_choice(f"predicted-class-{scope}", str(predicted))
        gallery = f"gallery-{scope}-{true}-{predicted}" + ("" if right else "-confidence")
        images = visitor.widget(gallery).get_by_role("button")
        expect(images).to_have_count(int(inside.sum()))
        assert sorted(indices(images)) == sorted(predictions.index[inside])
        for button in images.all():
            expect(button).to_contain_text(f"{true} → {predicted}")
    open_by_mouse_and_keyboard(visitor, images, predictions)
    visitor.widget("mistakes-run").get_by_role("combobox").fill(other)
    visitor.page.get_by_role("option").filter(has_text=other).click()
    visitor.expect_query(run=other)
    expect(visitor.widget(gallery)).to_have_count(0)
    expect(visitor.widget(f"matrix-{scope}")).to_have_count(0)
    visitor.expect_choice(f"true-class-{other}-test", ANY)
    shown = visitor.widget(f"gallery-{other}-test-None-None-confidence").get_by_role("button")
    expect(shown).to_have_count(IMAGES_A_PAGE)
    answers = predictions_of(folder, other)
    wrong = answers.index[answers.predicted != answers.targets]
    assert set(indices(shown)) <= set(wrong)
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


def open_by_mouse_and_keyboard(visitor: Visitor, images: Locator, predictions: Predictions) -> None:
    first, second = indices(images)[:2]
    dialog = visitor.page.get_by_role("dialog")
    images.first.click()
    expect(dialog.get_by_text(f"Test image {first}.")).to_be_visible()
    visitor.expect_query(image=str(first))
    neighbours = dialog.get_by_role("button", name=re.compile("^Image "))
    expect(neighbours).to_have_count(8)
    near = indices(neighbours)[0]
    assert near in predictions.index
    neighbours.first.click()
    expect(dialog.get_by_text(f"Test image {near}.")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect_closed(visitor)
    images.nth(1).focus()
    images.nth(1).press("Enter")
    expect(dialog.get_by_text(f"Test image {second}.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect_closed(visitor)


def expect_closed(visitor: Visitor) -> None:
    """Waits until no image is open, on the page and for the server: until it knows, the next rerun opens it again."""
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.page.wait_for_function("() => !new URLSearchParams(location.search).has('image')")
