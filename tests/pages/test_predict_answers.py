"""What networks say of a test image, what they relied on, and whether it stays."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from cifar_core.analysis.variants import predict_variants
from cifar_core.data import find_augmentation, load_dataset
from cifar_core.runs import Run, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from tests.pages.helpers import open_page, says, shown, texts
from tests.pages.predict_page import bars, chosen, figure, linked, photographed, png, stored, with_own_picture


def test_a_test_image_gets_what_the_evaluation_stored(trained: Callable[[str], Run], store: RunStore) -> None:
    runs = [trained("completed"), trained("seed")]
    session = open_page("predict", runs=",".join(run.id for run in runs), image="5")
    assert chosen(session) == [run.id for run in runs]
    axis = figure(session, "predict-probabilities")["layout"]["yaxis"]
    assert axis["type"] == "category", "digits are names, not numbers"
    truth = load_dataset("digits").test.targets[5]
    for run, row in zip(runs, bars(session), strict=True):
        predictions = stored(store, run)
        assert row == pytest.approx(predictions.probabilities[5].tolist(), abs=1e-5)
        answer = predictions.predicted[5]
        share = f"{100 * predictions.probabilities[5, answer]:.1f} %"
        verdict = "right" if answer == truth else f"wrong: it is **{truth}**"
        assert says(session, f"**{run.name} ({run.id[-6:]})**: **{answer}**, {share}", verdict)
    assert says(session, "last epoch")
    assert says(session, "validation-chosen")
    assert not says(session, "none of these")


def test_a_single_run_has_no_letter(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("predict")
    assert any(text.startswith(f"**{run.name}") and "of 8 the same" in text for text in texts(session))
    assert figure(session, "predict-stability-digits")["layout"]["yaxis"]["ticktext"] == [""]


def test_without_a_link_the_newest_run_sees_the_first_image(trained: Callable[[str], Run], store: RunStore) -> None:
    run = trained("completed")
    session = open_page("predict")
    assert chosen(session) == [run.id]
    assert (linked(session, "runs"), linked(session, "image")) == (run.id, "0")
    assert bars(session) == [pytest.approx(stored(store, run).probabilities[0].tolist(), abs=1e-5)]


def test_another_image_can_be_drawn(trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch) -> None:
    trained("completed")
    session = open_page("predict")
    monkeypatch.setattr("random.randrange", lambda total: total - 1)
    shown(session.button("draw-another").click().run())
    assert session.number_input("test-image-digits").value == 296
    assert says(session, "Test image 296 of Handwritten digits")


def test_no_run_chosen_says_so(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("predict")
    shown(session.multiselect("predict-runs").set_value([]).run())
    assert says(session, "Choose a run above")
    assert linked(session, "runs") is None
    assert chosen(shown(session.run())) == []


def test_every_run_shows_what_it_relied_on_and_whether_it_stays(trained: Callable[[str], Run], store: RunStore) -> None:
    runs = [trained("completed"), trained("seed")]
    session = open_page("predict", runs=",".join(run.id for run in runs), image="5")
    for run in runs:
        heat = figure(session, f"predict-occlusion-{run.id}")["data"][1]["z"]
        assert np.array(heat["shape"].split(", "), dtype=int).tolist() == [32, 32]
        bar = figure(session, f"predict-occlusion-{run.id}")["data"][1]["colorbar"]
        assert bar["tickformat"].endswith("p"), "a loss of 0.04 is no 0.0"
    dataset = load_dataset("digits")
    spec = find_augmentation("assignment").spec
    for number, run in enumerate(runs):
        network = TrainedNetwork(store, run)
        drawn = predict_variants(network, dataset.test.images[5], spec, dataset.mean)
        same = int(drawn.same_answer.sum())
        answers = [drawn.original.argmax(), *drawn.probabilities.argmax(axis=1)]
        assert says(session, run.id[-6:], f"{same} of 8 the same answer, {answers[0]}")
        (table,) = figure(session, "predict-stability-digits")["data"]
        assert [re.sub("<br>.*", "", text) for text in table["text"][number]] == [str(each) for each in answers]
        assert sum("≠" in text for text in table["text"][number]) == 8 - same


def test_other_draws_are_other_pictures(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("predict")
    pictures = figure(session, "predict-stability")["layout"]["images"]
    shown(session.number_input("predict-draw").set_value(3).run())
    others = figure(session, "predict-stability")["layout"]["images"]
    assert pictures[0] == others[0]
    assert pictures[1:] != others[1:]


def test_runs_of_two_data_sets_are_never_in_one_chart(trained: Callable[[str], Run], store: RunStore) -> None:
    digits = trained("completed")
    photographs = photographed(store)
    session = open_page("predict", runs=f"{digits.id},{photographs.id}", image="5")
    assert says(session, "Handwritten digits and CIFAR-10", "a chart of its own")
    assert len(bars(session)) == len(bars(session, "cifar10")) == 1
    assert figure(session, "predict-probabilities-cifar10")["data"][0]["y"][0] == "airplane"
    assert says(session, "Test image 5 of Handwritten digits is none of the classes of CIFAR-10")
    assert sum("right" in text or "wrong" in text for text in texts(session)) == 1
    assert says(session, f"A **{digits.name}")
    assert says(session, f"B **{photographs.name}"), "letters name one run on the whole page"
    assert figure(session, "predict-stability-cifar10")["layout"]["yaxis"]["ticktext"] == ["B"]


def test_without_cifar10_its_test_images_are_offered_for_download(
    trained: Callable[[str], Run], store: RunStore
) -> None:
    trained("completed")
    photographs = photographed(store)
    session = open_page("predict", runs=photographs.id)
    assert says(session, "CIFAR-10 is not here: no test image of it can be shown")
    assert not session.error
    with_own_picture(session, png())
    assert len(bars(session, "cifar10")) == 1


@pytest.mark.cifar10
def test_each_data_set_keeps_its_own_test_image(trained: Callable[[str], Run], store: RunStore) -> None:
    digits, photographs = trained("completed"), photographed(store)
    session = open_page("predict", runs=photographs.id, image="9999")
    for run, image in ((digits, 0), (photographs, 9999), (digits, 0)):
        shown(session.multiselect("predict-runs").set_value([run.id]).run())
        assert says(session, f"Test image {image} of ")
        assert linked(session, "image") == str(image)
        assert not session.warning
