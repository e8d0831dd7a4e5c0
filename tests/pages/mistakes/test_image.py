"""One image, opened by a click or a link."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing

import pytest

from cifar_core.analysis.features import nearest
from cifar_core.analysis.mistakes import rank_mistakes
from cifar_core.runs import Run, RunStore
from cifar_core.ui import resources
from tests.pages.helpers import files_of, gallery_images, open_page, says, shown, stored_predictions
from tests.pages.mistakes.reading import click, opened


def test_a_click_opens_the_image_and_names_it_in_the_url(
    trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained("completed")
    predictions = stored_predictions(run)
    session = open_page("mistakes")
    at = rank_mistakes(predictions, "confidence")[2]
    click(monkeypatch, session, 2)
    true, answer = predictions.targets[at], predictions.predicted[at]
    assert opened(session, f"Validation image {predictions.index[at]}. The network says **{answer}**, which is wrong")
    assert opened(session, f"it is **{true}**")
    assert session.query_params["image"] == str(predictions.index[at])
    with closing(RunStore()) as store:
        features = resources.features(store, run, "validation")
    expected = [predictions.index[near] for near in nearest(features, int(at), 8)]
    alts = [image.alt for image in gallery_images(session, "neighbours-")]
    assert [alt.partition(":")[0] for alt in alts] == [f"Image {index}" for index in expected]


def test_a_link_opens_its_image_once(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    index = stored_predictions(run, "test").index[5]
    session = open_page("mistakes", run=run.id, split="Test", image=str(index))
    assert opened(session, f"Test image {index}. The network says ")
    assert opened(session, "What the network relied on")
    assert opened(session, "draws get the same answer") or opened(session, "This run trained without augmentation")
    shown(session.run())
    assert not opened(session, f"Test image {index}."), "a rerun must not open it again"


@pytest.mark.parametrize("image", ["100000", "-1", "cat", "9" * 30])
def test_a_link_to_no_image_of_the_set_says_so(image: str, trained: Callable[[str], Run]) -> None:
    session = open_page("mistakes", run=trained("completed").id, image=image)
    assert says(session, f"Image {image} is none of the validation images that this run predicted.")
    assert gallery_images(session)


def test_a_linked_image_is_closed_with_another_run(trained: Callable[[str], Run]) -> None:
    run, other = trained("completed"), trained("seed")
    both = set(stored_predictions(run).index) & set(stored_predictions(other, "test").index)
    session = open_page("mistakes", run=run.id, image=str(min(both)))
    shown(session.selectbox("mistakes-run").set_value(other.id).run())
    assert not opened(session, "The network says")
    assert "image" not in session.query_params


def test_without_weights_an_image_still_shows_its_answer(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    shutil.rmtree(files_of(run).folder / "checkpoints")
    index = stored_predictions(run).index[0]
    session = open_page("mistakes", run=run.id, image=str(index))
    assert opened(session, f"Validation image {index}. The network says ")
    (warning,) = session.warning
    assert warning.value.startswith("The weights of this run are gone: its figures stay; train it again to see this.")
    assert not session.error
    assert gallery_images(session)
