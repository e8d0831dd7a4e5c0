from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.data import load_dataset
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.ui import mistakes_view
from cifar_core.ui.sprites import framed
from tests.pages.helpers import as_read, damage, go_to, links, open_page, says, shown
from tests.tiny import some_metrics, tiny_config

ANY = mistakes_view.ANY


def files_of(run: Run) -> RunFiles:
    store = RunStore()
    try:
        return RunFiles(store.run_folder(run.id))
    finally:
        store.close()


def stored(run: Run, split: EvaluationSplit = "validation") -> Predictions:
    predictions = files_of(run).load_predictions(split)
    assert predictions is not None
    return predictions


def counts(session: AppTest) -> list[list[int]]:
    """The matrix as it is written into the cells."""
    (chart,) = session.get("plotly_chart")
    texts = json.loads(chart.proto.spec)["data"][-1]["text"]
    return [[int(text.replace(",", "") or 0) for text in texts[row * 10 : row * 10 + 10]] for row in range(10)]


def choose(session: AppTest, true: str = ANY, predicted: str = ANY) -> AppTest:
    session.selectbox("true-class").set_value(true)
    session.selectbox("predicted-class").set_value(predicted)
    return shown(session.run())


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The images that the gallery frames; a test empties the list before it looks."""
    seen: list[np.ndarray] = []

    def remember(image: np.ndarray) -> np.ndarray:
        seen.append(image)
        return framed(image)

    monkeypatch.setattr(mistakes_view, "framed", remember)
    return seen


def test_the_matrix_counts_the_stored_predictions(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    predictions = stored(run)
    session = open_page("mistakes")
    expected = confusion_matrix(predictions.targets, predictions.predicted, 10)
    assert counts(session) == expected.tolist()
    right = f"**{100 * predictions.accuracy:.1f} %** of {len(predictions.targets):,} validation images are right"
    assert says(session, right)
    by_class = session.dataframe[0].value
    assert list(by_class["images"]) == expected.sum(axis=1).tolist()


def test_shares_of_a_row_take_the_place_of_counts(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("mistakes")
    shown(session.toggle("shares").set_value(True).run())
    (chart,) = session.get("plotly_chart")
    assert "%" in "".join(json.loads(chart.proto.spec)["data"][-1]["text"])


def test_the_test_images_are_another_matrix(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes")
    shown(session.segmented_control("split").set_value("test").run())
    predictions = stored(run, "test")
    assert says(session, f"of {len(predictions.targets):,} test images are right")
    assert np.sum(counts(session)) == len(predictions.targets)


def test_under_the_seeds_protocol_there_are_only_test_images(trained: Callable[[str], Run]) -> None:
    session = open_page("mistakes", run=trained("seed").id)
    assert says(session, "the seed's protocol holds no validation images out")
    assert not session.segmented_control
    assert says(session, "test images are right")


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_cell_shows_exactly_its_images(
    split: EvaluationSplit, trained: Callable[[str], Run], pictures: list[np.ndarray]
) -> None:
    predictions = stored(trained("completed"), split)
    dataset = load_dataset("digits")
    images = (dataset.train if split == "validation" else dataset.test).images
    session = open_page("mistakes")
    shown(session.segmented_control("split").set_value(split).run())
    matrix = confusion_matrix(predictions.targets, predictions.predicted, 10)
    largest = np.argsort(matrix, axis=None)[::-1]
    right = next(cell for cell in largest if cell // 10 == cell % 10)
    wrong = next(cell for cell in largest if cell // 10 != cell % 10)
    for true, predicted in (divmod(int(right), 10), divmod(int(wrong), 10)):
        pictures.clear()
        choose(session, str(true), str(predicted))
        inside = np.flatnonzero((predictions.targets == true) & (predictions.predicted == predicted))
        assert len(inside) == matrix[true, predicted]
        expected = sorted(images[predictions.index[at]].tobytes() for at in inside)
        assert sorted(picture.tobytes() for picture in pictures) == expected[: mistakes_view.IMAGES_A_PAGE]
        captions = session.image[0].captions
        assert all(caption.startswith(f"{true} → {predicted} ") for caption in captions)
        assert says(session, f"{len(inside):,} {'right answers' if true == predicted else 'mistakes'}")


def test_a_row_a_column_and_all_mistakes(trained: Callable[[str], Run]) -> None:
    predictions = stored(trained("completed"))
    wrong = predictions.predicted != predictions.targets
    session = open_page("mistakes")
    assert says(session, f"{wrong.sum():,} mistakes; ")
    true = int(predictions.targets[wrong][0])
    choose(session, true=str(true))
    assert says(session, f"{(wrong & (predictions.targets == true)).sum():,} mistakes; ")
    predicted = int(predictions.predicted[wrong][0])
    choose(session, predicted=str(predicted))
    assert says(session, f"{(wrong & (predictions.predicted == predicted)).sum():,} mistakes; ")


def test_an_empty_cell_says_so(trained: Callable[[str], Run]) -> None:
    predictions = stored(trained("completed"))
    matrix = confusion_matrix(predictions.targets, predictions.predicted, 10)
    true, predicted = (int(at) for at in np.argwhere(matrix == 0)[0])
    session = choose(open_page("mistakes"), str(true), str(predicted))
    assert says(session, "nothing in this cell")
    assert not session.image


def test_mistakes_are_ranked(trained: Callable[[str], Run], pictures: list[np.ndarray]) -> None:
    predictions = stored(trained("completed"))
    images = load_dataset("digits").train.images
    session = open_page("mistakes")
    wrong = np.flatnonzero(predictions.predicted != predictions.targets)
    sureness = predictions.probabilities[wrong, predictions.predicted[wrong]]
    assert (pictures[0] == images[predictions.index[wrong[np.argmax(sureness)]]]).all()
    pictures.clear()
    shown(session.selectbox("order").set_value("loss").run())
    left = predictions.probabilities[wrong, predictions.targets[wrong]]
    assert (pictures[0] == images[predictions.index[wrong[np.argmin(left)]]]).all()


def test_many_mistakes_take_several_pages(trained: Callable[[str], Run], pictures: list[np.ndarray]) -> None:
    predictions = stored(trained("completed"))
    wrong = int((predictions.predicted != predictions.targets).sum())
    assert wrong > mistakes_view.IMAGES_A_PAGE
    session = open_page("mistakes")
    seen = [picture.tobytes() for picture in pictures]
    (page,) = session.number_input
    for at in range(2, int(page.max or 1) + 1):
        pictures.clear()
        shown(session.number_input[0].set_value(at).run())
        seen += [picture.tobytes() for picture in pictures]
    assert len(seen) == len(set(seen)) == wrong


def test_a_link_opens_its_run_though_another_is_newer(trained: Callable[[str], Run]) -> None:
    old, new = trained("stopped"), trained("completed")
    assert open_page("mistakes").selectbox("run").value == new.id
    session = open_page("mistakes", run=old.id)
    assert session.selectbox("run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_opens_its_run_though_another_was_looked_at(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = open_page("mistakes", run=old.id)
    go_to(session, "training")
    session.query_params["run"] = new.id
    assert go_to(session, "mistakes").selectbox("run").value == new.id


def test_the_chosen_run_is_in_the_url_and_survives_other_pages(trained: Callable[[str], Run]) -> None:
    old = trained("seed")
    session = open_page("mistakes")
    shown(session.selectbox("run").set_value(old.id).run())
    assert session.query_params["run"] == old.id
    go_to(go_to(session, "home"), "mistakes")
    assert session.selectbox("run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_to_no_run_says_that_another_is_shown(trained: Callable[[str], Run]) -> None:
    new = trained("completed")
    session = open_page("mistakes", run="20010101-000000-abcdef")
    assert session.warning[0].value.startswith("There is no run 20010101-000000-abcdef ")
    assert session.selectbox("run").value == new.id


def test_a_stopped_run_offers_to_compute_its_predictions(trained: Callable[[str], Run]) -> None:
    run = trained("stopped")
    assert run.state == RunState.STOPPED
    session = open_page("mistakes", run=run.id)
    assert says(session, "no predictions for the validation images. It ended before its evaluation.")
    assert not session.get("plotly_chart")
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert np.sum(counts(session)) == len(stored(run).targets)
    shown(session.run())
    assert session.get("plotly_chart"), "they are stored"


def test_removed_predictions_can_be_computed_again(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    before = stored(run)
    files_of(run).predictions_path("validation").unlink()
    session = open_page("mistakes", run=run.id)
    assert says(session, "no predictions for the validation images.")
    (compute,) = (button for button in session.button if button.label == "Compute them now")
    shown(compute.click().run())
    assert (stored(run).predicted == before.predicted).all()


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
    (error,) = session.error
    assert "checkpoint" in error.value


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
    assert says(session, "The images themselves are not here. CIFAR-10 is not in ")
    assert not session.error
    assert not session.image


def test_a_class_chosen_in_one_data_set_does_not_break_the_other(
    trained: Callable[[str], Run], store: RunStore, idle: None
) -> None:
    digits = trained("completed")
    run = photographed(store)
    session = open_page("mistakes", run=run.id)
    choose(session, "cat", "dog")
    shown(session.selectbox("run").set_value(digits.id).run())
    assert session.selectbox("true-class").value == ANY
    assert session.selectbox("predicted-class").value == ANY
    assert session.image


def test_runs_without_weights_are_not_offered(store: RunStore, idle: None) -> None:
    store.enqueue(tiny_config("waiting"))
    session = open_page("mistakes")
    assert links(session) == ["Go to Training"]
