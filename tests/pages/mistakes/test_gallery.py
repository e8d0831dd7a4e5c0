"""Which images are shown, and in which order: cells, rows, columns and pages of mistakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.data import load_dataset
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Run, RunStore
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from cifar_core.ui.mistakes.matrix_view import ANY
from tests.pages.helpers import gallery_images, go_to, open_page, says, shown, stored_predictions
from tests.pages.mistakes.reading import box, choose, photographed, pictures


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_cell_shows_exactly_its_images(split: EvaluationSplit, trained: Callable[[str], Run]) -> None:
    predictions = stored_predictions(trained("completed"), split)
    dataset = load_dataset("digits")
    images = (dataset.train if split == "validation" else dataset.test).images
    session = open_page("mistakes")
    shown(session.segmented_control("split").set_value(split).run())
    matrix = confusion_matrix(predictions.targets, predictions.predicted, 10)
    largest = np.argsort(matrix, axis=None)[::-1]
    right = next(cell for cell in largest if cell // 10 == cell % 10)
    wrong = next(cell for cell in largest if cell // 10 != cell % 10)
    for true, predicted in (divmod(int(right), 10), divmod(int(wrong), 10)):
        choose(session, str(true), str(predicted))
        inside = np.flatnonzero((predictions.targets == true) & (predictions.predicted == predicted))
        assert len(inside) == matrix[true, predicted]
        expected = sorted(images[predictions.index[at]].tobytes() for at in inside)
        assert sorted(pictures(session)) == expected[:IMAGES_A_PAGE]
        assert all(image.caption.startswith(f"{true} → {predicted}\n") for image in gallery_images(session))
        assert says(session, f"{len(inside):,} {'right answers' if true == predicted else 'mistakes'}")


def test_a_row_a_column_and_all_mistakes(trained: Callable[[str], Run]) -> None:
    predictions = stored_predictions(trained("completed"))
    wrong = predictions.predicted != predictions.targets
    session = open_page("mistakes")
    assert says(session, f"{wrong.sum():,} mistakes: ")
    true = int(predictions.targets[wrong][0])
    choose(session, true=str(true))
    assert says(session, f"{(wrong & (predictions.targets == true)).sum():,} mistakes: ")
    predicted = int(predictions.predicted[wrong][0])
    choose(session, predicted=str(predicted))
    assert says(session, f"{(wrong & (predictions.predicted == predicted)).sum():,} mistakes: ")


def test_an_empty_cell_says_so(trained: Callable[[str], Run]) -> None:
    predictions = stored_predictions(trained("completed"))
    matrix = confusion_matrix(predictions.targets, predictions.predicted, 10)
    true, predicted = (int(at) for at in np.argwhere(matrix == 0)[0])
    session = choose(open_page("mistakes"), str(true), str(predicted))
    assert says(session, "nothing in this cell")
    assert not gallery_images(session)


def test_mistakes_are_ranked(trained: Callable[[str], Run]) -> None:
    predictions = stored_predictions(trained("completed"))
    images = load_dataset("digits").train.images
    session = open_page("mistakes")
    wrong = np.flatnonzero(predictions.predicted != predictions.targets)
    sureness = predictions.probabilities[wrong, predictions.predicted[wrong]]
    left = predictions.probabilities[wrong, predictions.targets[wrong]]
    for order, worst in (
        ("confidence", np.argmax(sureness)),
        ("loss", np.argmin(left)),
        ("margin", np.argmin(sureness - left)),
    ):
        shown(session.selectbox("mistakes-order").set_value(order).run())
        assert pictures(session)[0] == images[predictions.index[wrong[worst]]].tobytes()


def test_many_mistakes_take_several_pages(trained: Callable[[str], Run]) -> None:
    predictions = stored_predictions(trained("completed"))
    wrong = int((predictions.predicted != predictions.targets).sum())
    assert wrong > IMAGES_A_PAGE
    session = open_page("mistakes")
    seen = pictures(session)
    (page,) = session.number_input
    for at in range(2, int(page.max or 1) + 1):
        shown(session.number_input[0].set_value(at).run())
        seen += pictures(session)
    assert len(seen) == len(set(seen)) == wrong


def test_another_order_begins_at_its_first_page(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("mistakes")
    shown(session.number_input[0].set_value(2).run())
    shown(session.selectbox("mistakes-order").set_value("margin").run())
    assert session.number_input[0].value == 1
    go_to(go_to(session, "home"), "mistakes")
    assert session.selectbox("mistakes-order").value == "margin"


def test_another_run_or_set_begins_without_a_choice(trained: Callable[[str], Run]) -> None:
    other, run = trained("stopped"), trained("completed")
    session = choose(open_page("mistakes", run=run.id), "3", "3")
    shown(session.segmented_control("split").set_value("test").run())
    assert (box(session, "true").value, box(session, "predicted").value) == (ANY, ANY)
    choose(session, "3", "3")
    shown(session.selectbox("mistakes-run").set_value(other.id).run())
    assert says(session, "This run has no predictions for the test images.")
    assert not gallery_images(session)
    shown(session.selectbox("mistakes-run").set_value(run.id).run())
    assert (box(session, "true").value, box(session, "predicted").value) == (ANY, ANY)


def test_a_class_chosen_in_one_data_set_does_not_break_the_other(
    trained: Callable[[str], Run], store: RunStore, idle: None
) -> None:
    digits = trained("completed")
    run = photographed(store)
    session = open_page("mistakes", run=run.id)
    choose(session, "cat", "dog")
    shown(session.selectbox("mistakes-run").set_value(digits.id).run())
    assert (box(session, "true").value, box(session, "predicted").value) == (ANY, ANY)
    assert gallery_images(session)
