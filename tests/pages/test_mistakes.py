from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pytest
import streamlit as st
from sklearn.metrics import confusion_matrix as scikit_matrix
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.analysis.features import nearest
from cifar_core.analysis.mistakes import rank_mistakes
from cifar_core.data import load_dataset
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.ui import gallery, resources
from cifar_core.ui.mistakes import panes
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from cifar_core.ui.mistakes.matrix_view import ANY
from tests.pages.helpers import (
    as_read,
    button_keys,
    damage,
    files_of,
    gallery_images,
    go_to,
    links,
    open_page,
    says,
    shown,
    stored_predictions,
)
from tests.tiny import some_metrics, tiny_config


def cells(session: AppTest) -> list[str]:
    """What is written into the cells of the matrix, row by row."""
    (chart,) = session.get("plotly_chart")
    texts: list[str] = json.loads(chart.proto.spec)["data"][-1]["text"]
    return texts


def counts(session: AppTest) -> list[list[int]]:
    texts = cells(session)
    return [[int(text.replace(",", "") or 0) for text in texts[row * 10 : row * 10 + 10]] for row in range(10)]


def box(session: AppTest, which: str) -> Selectbox[str]:
    """The box of the "true" or "predicted" class, whichever run and set it speaks of."""
    (found,) = (box for box in session.selectbox if str(box.key).startswith(f"{which}-class-"))
    return found


def choose(session: AppTest, true: str = ANY, predicted: str = ANY) -> AppTest:
    box(session, "true").set_value(true)
    box(session, "predicted").set_value(predicted)
    return shown(session.run())


def opened(session: AppTest, *words: str) -> bool:
    """Whether one sentence of the opened image holds all these words; a dialog lies beside the page's body."""
    sentences = [element.value for group in (session.markdown, session.caption) for element in group]
    return any(all(word in sentence for word in words) for sentence in sentences)


def pictures(session: AppTest) -> list[bytes]:
    return [image.picture.tobytes() for image in gallery_images(session)]


def click(monkeypatch: pytest.MonkeyPatch, session: AppTest, position: int, key: str = "gallery-") -> AppTest:
    """Runs the page as after a click on one of a gallery's images."""
    real = gallery._component

    def clicked(*, key: str, data: dict[str, Any], **callbacks: Any) -> Any:
        result = real(key=key, data=data, **callbacks)
        hit = key.startswith(wanted)
        return SimpleNamespace(clicked={"position": position, "token": data["token"]}) if hit else result

    wanted = key
    with monkeypatch.context() as patch:
        patch.setattr(gallery, "_component", clicked)
        return shown(session.run())


def test_the_matrix_counts_the_stored_predictions(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    predictions = stored_predictions(run)
    session = open_page("mistakes")
    expected = confusion_matrix(predictions.targets, predictions.predicted, 10)
    assert counts(session) == expected.tolist()
    right = f"**{100 * predictions.accuracy:.1f} %** of {len(predictions.targets):,} validation images are right"
    assert says(session, right)


@pytest.mark.parametrize(("mode", "axis"), [("by row", "true"), ("by column", "pred")])
def test_shares_of_a_row_or_column_take_the_place_of_counts(
    mode: str, axis: Literal["true", "pred"], trained: Callable[[str], Run]
) -> None:
    predictions = stored_predictions(trained("completed"))
    session = open_page("mistakes")
    shown(session.segmented_control("matrix-mode").set_value(mode).run())
    oracle = scikit_matrix(predictions.targets, predictions.predicted, labels=range(10), normalize=axis)
    assert cells(session) == [f"{100 * share:.0f} %" if share else "" for share in oracle.ravel()]


def test_the_test_images_are_another_matrix(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes")
    shown(session.segmented_control("split").set_value("test").run())
    predictions = stored_predictions(run, "test")
    assert says(session, f"of {len(predictions.targets):,} test images are right")
    assert np.sum(counts(session)) == len(predictions.targets)


def test_under_the_seeds_protocol_there_are_only_test_images(trained: Callable[[str], Run]) -> None:
    session = open_page("mistakes", run=trained("seed").id)
    assert says(session, "the seed's protocol holds no validation images out")
    assert "split" not in {control.key for control in session.segmented_control}
    assert says(session, "test images are right")


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


def test_the_pane_is_in_the_url(trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch) -> None:
    trained("completed")
    other = ("Other", ":material/category:", lambda subject: st.markdown(f"Other pane of {subject.scope}"))
    monkeypatch.setattr(panes, "PANES", (panes.PANES[0], other))
    session = open_page("mistakes")
    assert "view" not in session.query_params
    shown(session.segmented_control("mistakes-pane").set_value("Other").run())
    assert says(session, "Other pane of ")
    assert not session.get("plotly_chart"), "only the pane that is looked at is drawn"
    assert session.query_params["view"] == "Other"
    assert says(open_page("mistakes", view="Other"), "Other pane of ")
    assert open_page("mistakes", view="none such").get("plotly_chart")


def test_pane_and_image_of_the_link_are_no_business_of_another_page(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("augmentation", samples="One image", number="3")
    assert go_to(session, "mistakes").segmented_control("mistakes-pane").value == "Matrix"
    index = str(stored_predictions(run).index[0])
    session.query_params.update(view="Calibration", image=index)
    shown(session.run())
    assert session.segmented_control("mistakes-pane").value == "Calibration"
    assert opened(session, f"Validation image {index}.")
    assert go_to(session, "augmentation").number_input("number").value == 3
    assert go_to(session, "mistakes").segmented_control("mistakes-pane").value == "Calibration", "it is kept"
    assert session.query_params["view"] == "Calibration"


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


def test_a_run_deleted_meanwhile_is_said_to_be_so(trained: Callable[[str], Run]) -> None:
    other, run = trained("seed"), trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([run.id])
    shown(session.run())
    assert [as_read(warning.value) for warning in session.warning] == [
        f"Run steady ({run.id}) was deleted: another one is shown."
    ]
    assert session.selectbox("mistakes-run").value == session.query_params["run"] == other.id
    shown(session.button("restore-run").click().run())
    assert session.selectbox("mistakes-run").value == session.query_params["run"] == run.id
    assert not session.warning


def test_the_only_run_deleted_meanwhile_leaves_a_way_on(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([each.id for each in store.list_runs()])
    shown(session.run())
    assert says(session, "was deleted")
    assert links(session) == ["Go to Training"]


def test_a_run_removed_for_good_meanwhile_is_a_sentence(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([run.id])
        store.purge([run.id])
    shown(session.run())
    assert says(session, f"Run {run.id} was removed for good: another one is shown.")
    assert not session.error


def test_images_of_another_data_set_are_not_shown_for_the_predicted_ones(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    was = stored_predictions(run)
    shifted = Predictions(was.index, (was.targets + 1) % 10, was.probabilities, was.epoch)
    files_of(run).save_predictions("validation", shifted)
    session = open_page("mistakes", run=run.id)
    assert says(session, f"The validation images of Handwritten digits here are not those that run {run.id} predicted.")
    assert not gallery_images(session)
    assert np.sum(counts(session)) == len(was.targets)


def test_a_link_opens_its_run_though_another_is_newer(trained: Callable[[str], Run]) -> None:
    old, new = trained("stopped"), trained("completed")
    assert open_page("mistakes").selectbox("mistakes-run").value == new.id
    session = open_page("mistakes", run=old.id)
    assert session.selectbox("mistakes-run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_opens_its_run_though_another_was_looked_at(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = open_page("mistakes", run=old.id)
    go_to(session, "training")
    session.query_params["run"] = new.id
    assert go_to(session, "mistakes").selectbox("mistakes-run").value == new.id


def test_the_chosen_run_is_in_the_url_and_survives_other_pages(trained: Callable[[str], Run]) -> None:
    old = trained("seed")
    session = open_page("mistakes")
    shown(session.selectbox("mistakes-run").set_value(old.id).run())
    assert session.query_params["run"] == old.id
    go_to(go_to(session, "home"), "mistakes")
    assert session.selectbox("mistakes-run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_to_no_run_says_that_another_is_shown(trained: Callable[[str], Run]) -> None:
    new = trained("completed")
    session = open_page("mistakes", run="20010101-000000-abcdef")
    assert session.warning[0].value == "There is no run 20010101-000000-abcdef here: another one is shown."
    assert session.selectbox("mistakes-run").value == new.id


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


def photographed(store: RunStore) -> Run:
    """A run on CIFAR-10 with predictions that nobody computed."""
    claim = store.start(tiny_config("photographs", dataset="cifar10"))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    run = store.get(claim.run_id)
    RunFiles(store.run_folder(run.id)).prepare(run.config)
    targets = np.arange(20) % 10
    probabilities = np.eye(10, dtype=np.float32)[(targets + (np.arange(20) < 10)) % 10]
    RunFiles(store.run_folder(run.id)).save_predictions(
        "validation", Predictions(np.arange(20), targets, probabilities, epoch=1)
    )
    return run


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


def test_a_link_to_a_run_without_a_finished_epoch_says_so(store: RunStore, idle: None) -> None:
    photographed(store)
    waiting = store.enqueue(tiny_config("waiting")).id
    failed = store.start(tiny_config("failed"))
    store.report_end(failed, RunState.FAILED, "No memory.")
    assert says(open_page("mistakes", run=waiting), f"Run {waiting} is queued: another one is shown.")
    session = open_page("mistakes", run=failed.run_id)
    assert says(session, f"Run {failed.run_id} has no finished epoch: another one is shown.")
    assert np.sum(counts(session)) == 20


def test_runs_without_weights_are_not_offered(store: RunStore, idle: None) -> None:
    store.enqueue(tiny_config("waiting"))
    session = open_page("mistakes")
    assert links(session) == ["Go to Training"]
