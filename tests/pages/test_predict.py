from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from cifar_core.analysis.variants import predict_variants
from cifar_core.data import find_augmentation, load_dataset, read_picture
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.ui.own_picture import choosing
from cifar_core.ui.own_picture.pasting import Pasted
from cifar_core.ui.predict import drawing
from tests.pages.helpers import as_read, damage, go_to, links, open_page, says, shown, texts
from tests.tiny import some_metrics, tiny_config


def stored(store: RunStore, run: Run) -> Predictions:
    """What it said of the test images when it was evaluated."""
    predictions = RunFiles(store.run_folder(run.id)).load_predictions("test")
    assert predictions is not None
    return predictions


def figure(session: AppTest, part: str) -> dict[str, Any]:
    """A chart of the page, as Plotly is given it."""
    (chart,) = (chart for chart in session.get("plotly_chart") if part in str(chart.proto.id))
    parsed: dict[str, Any] = json.loads(chart.proto.spec)
    return parsed


def bars(session: AppTest, dataset: str = "digits") -> list[list[float]]:
    return [trace["x"] for trace in figure(session, f"predict-probabilities-{dataset}")["data"]]


def chosen(session: AppTest) -> list[str]:
    return list(session.multiselect("predict-runs").value)


def linked(session: AppTest, parameter: str) -> str | None:
    value = session.query_params.get(parameter)
    return value[0] if isinstance(value, list) else value


def png(width: int = 60, height: int = 40, color: str = "orange") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, "PNG")
    return buffer.getvalue()


def with_own_picture(session: AppTest, content: bytes, name: str = "cat.png") -> AppTest:
    shown(session.segmented_control("predict-source").set_value("own").run())
    return shown(session.file_uploader("upload").set_value((name, content, "image/png")).run())


def photographed(store: RunStore) -> Run:
    """A run on CIFAR-10 that is over, with the weights of a run on digits."""
    donor = next(run for run in store.list_runs() if run.state == RunState.COMPLETED)
    claim = store.start(tiny_config("photographs", dataset="cifar10", epochs=1))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    run = store.get(claim.run_id)
    shutil.copytree(store.run_folder(donor.id), store.run_folder(run.id), dirs_exist_ok=True)
    return run


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


def test_the_choice_is_in_the_url_and_survives_other_pages(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = open_page("predict")
    shown(session.multiselect("predict-runs").set_value([old.id, new.id]).run())
    shown(session.number_input("test-image-digits").set_value(17).run())
    before = (f"{old.id},{new.id}", "17")
    assert (linked(session, "runs"), linked(session, "image")) == before
    go_to(go_to(session, "training"), "predict")
    assert chosen(session) == [old.id, new.id]
    assert session.number_input("test-image-digits").value == 17
    assert (linked(session, "runs"), linked(session, "image")) == before


def test_a_later_link_wins_over_what_was_looked_at(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = with_own_picture(open_page("predict", runs=new.id), png())
    assert linked(session, "image") is None
    go_to(session, "home")
    session.query_params.update(runs=old.id, image="9")
    go_to(session, "predict")
    assert chosen(session) == [old.id]
    assert session.segmented_control("predict-source").value == "test"
    assert session.number_input("test-image-digits").value == 9


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


def test_an_uploaded_picture_is_shown_as_the_network_sees_it(trained: Callable[[str], Run], store: RunStore) -> None:
    run = trained("completed")
    session = with_own_picture(open_page("predict"), png(60, 40))
    assert says(session, "60 x 40 pixels were given. Its central square of 40 x 40, scaled down (Lanczos),")
    assert says(session, "none of these")
    assert not says(session, "right")
    seen = torch.from_numpy(read_picture(png(60, 40))[None])
    expected = TrainedNetwork(store, run).probabilities(seen)[0].tolist()
    assert bars(session) == [pytest.approx(expected, abs=1e-5)]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((32, 32), "The whole of it, as it is, is what the network gets"),
        ((8, 9), "Its central square of 8 x 8, enlarged (Lanczos), is"),
        ((2_000, 2_000), "2,000 x 2,000 pixels were given. The whole of it, scaled down (Lanczos), is"),
    ],
)
def test_it_says_how_a_picture_was_cut(trained: Callable[[str], Run], size: tuple[int, int], words: str) -> None:
    trained("completed")
    assert says(with_own_picture(open_page("predict"), png(*size)), words)


def test_a_refused_picture_is_a_sentence_and_nothing_is_lost(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = with_own_picture(open_page("predict"), png())
    before = bars(session)
    shown(session.file_uploader("upload").set_value(("bad.png", b"no picture", "image/png")).run())
    (error,) = session.error
    assert as_read(error.value) == (
        "bad.png is not a picture that can be read: use a PNG, JPEG or WebP file. The picture shown is still cat.png."
    )
    assert bars(session) == before
    shown(session.file_uploader("upload").set_value(("good.png", png(32, 32, "blue"), "image/png")).run())
    assert not session.error
    assert says(session, "32 x 32 pixels were given")


def test_an_own_picture_survives_other_pages(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = with_own_picture(open_page("predict"), png())
    before = bars(session)
    go_to(go_to(session, "home"), "predict")
    assert session.segmented_control("predict-source").value == "own"
    assert bars(session) == before


def test_a_pasted_picture_takes_the_place_of_the_uploaded_one(
    trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained("completed")
    session = with_own_picture(open_page("predict"), png())
    monkeypatch.setattr(choosing, "paste_picture", lambda key: Pasted(png(50, 50, "white"), is_scaled=False))
    shown(session.run())
    assert says(session, "50 x 50 pixels were given")
    monkeypatch.setattr(choosing, "paste_picture", lambda key: Pasted(b"nonsense", is_scaled=False))
    shown(session.run())
    assert says(session, "Pasted picture is not a picture that can be read")
    assert says(session, "50 x 50 pixels were given")
    monkeypatch.setattr(choosing, "paste_picture", lambda key: Pasted(png(50, 50, "white"), is_scaled=True))
    assert says(shown(session.run()), "50 x 50 pixels are left of it: the browser scaled it down on the way.")


@pytest.mark.parametrize("way", ["another page", "another source"])
def test_what_was_wrong_with_an_upload_is_not_told_beside_an_empty_box(trained: Callable[[str], Run], way: str) -> None:
    trained("completed")
    session = with_own_picture(open_page("predict"), b"no picture", "bad.png")
    assert len(shown(session.run()).error) == 1
    if way == "another page":
        go_to(go_to(session, "home"), "predict")
    else:
        for source in ("test", "own"):
            shown(session.segmented_control("predict-source").set_value(source).run())
    assert session.file_uploader("upload").value is None
    assert not session.error


def test_a_drawing_that_is_no_picture_is_told_once_and_not_kept(
    trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained("completed")
    session = open_page("predict")
    sent: list[str | None] = [base64.b64encode(png()).decode()]
    monkeypatch.setattr(drawing, "_component", lambda **options: SimpleNamespace(drawn=sent[-1]))
    shown(session.segmented_control("predict-source").set_value("drawing").run())
    before = bars(session)
    sent.append(base64.b64encode(b"nonsense").decode())
    assert says(shown(session.run()), "The drawing is not a picture that can be read")
    sent.append(None)
    assert not shown(session.run()).error
    assert bars(session) == before


def test_before_a_picture_is_given_it_says_what_to_do(trained: Callable[[str], Run]) -> None:
    trained("completed")
    session = open_page("predict")
    shown(session.segmented_control("predict-source").set_value("own").run())
    assert says(session, "Choose a picture")
    assert not session.get("plotly_chart")


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


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_run_without_a_readable_checkpoint_is_a_sentence_and_the_others_go_on(
    trained: Callable[[str], Run], store: RunStore, harm: str
) -> None:
    broken, well = trained("seed"), trained("completed")
    checkpoints = store.run_folder(broken.id) / "checkpoints"
    if harm == "missing":
        shutil.rmtree(checkpoints)
    else:
        for path in checkpoints.iterdir():
            damage(path)
    session = open_page("predict", runs=f"{broken.id},{well.id}")
    (warning,) = session.warning
    assert f"{broken.name} ({broken.id[-6:]})** cannot answer. " in as_read(warning.value)
    assert "checkpoint" in warning.value
    (link,) = session.main.page_link
    assert (link.label, link.proto.page) == (f"See run {broken.name} in Training", "training")
    assert link.proto.query_string == f"run={broken.id}"
    assert len(bars(session)) == 1
    assert not session.error


def test_a_run_deleted_in_another_tab_is_told_and_the_others_go_on(
    trained: Callable[[str], Run], store: RunStore
) -> None:
    gone, left = trained("seed"), trained("completed")
    session = open_page("predict", runs=f"{gone.id},{left.id}")
    store.delete([gone.id])
    shown(session.run())
    (warning,) = session.warning
    assert (
        as_read(warning.value) == f"Run {gone.name} ({gone.id}) was deleted: the Runs page restores it, under Deleted."
    )
    assert links(session) == ["Go to Runs"]
    assert chosen(session) == [left.id]
    assert not shown(session.run()).warning


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"runs": "20010101-000000-abcdef"}, "There is no run 20010101-000000-abcdef here."),
        ({"runs": "../etc"}, "There is no run ../etc here."),
        ({"runs": "nonesuch,neither"}, "There are no runs nonesuch, neither here."),
        ({"image": "297"}, "names no test image"),
        ({"image": "-1"}, "names no test image"),
        ({"image": "9" * 400}, "names no test image"),
        ({"image": "3", "images": "nonsense"}, "names no test image"),
    ],
)
def test_a_link_to_nothing_is_told_and_the_page_goes_on(
    trained: Callable[[str], Run], link: dict[str, str], words: str
) -> None:
    run = trained("completed")
    session = open_page("predict", **link)
    (warning,) = session.warning
    assert words in as_read(warning.value)
    assert chosen(session) == [run.id]
    assert linked(session, "image") == "0"
    assert not shown(session.run()).warning


def test_a_link_to_more_than_four_runs_shows_four(trained: Callable[[str], Run], store: RunStore) -> None:
    runs = [trained("completed").id, trained("seed").id, trained("stopped").id, *(photographed(store).id for _ in "12")]
    session = open_page("predict", runs=",".join(runs))
    assert says(session, "names 5 runs: the first four are shown")
    assert chosen(session) == runs[:4]


def test_a_link_to_very_many_runs_is_cut(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("predict", runs=",".join([run.id, *(f"r{number}" for number in range(900))]))
    unknown, cut = session.warning
    assert unknown.value.count(",") == 18
    assert cut.value == "The link names 901 runs: only the first 20 were looked for."
    assert chosen(session) == [run.id]


def test_runs_without_weights_are_not_offered(store: RunStore, idle: None) -> None:
    waiting = store.enqueue(tiny_config("waiting"))
    session = open_page("predict", runs=waiting.id)
    assert links(session) == ["Go to Training"]
    assert says(session, f"Run waiting ({waiting.id}) is queued: it can predict once it is over.")
    store.request_stop(waiting.id)
    assert says(open_page("predict", runs=waiting.id), "has no finished epoch")


@pytest.mark.cifar10
def test_each_data_set_keeps_its_own_test_image(trained: Callable[[str], Run], store: RunStore) -> None:
    digits, photographs = trained("completed"), photographed(store)
    session = open_page("predict", runs=photographs.id, image="9999")
    for run, image in ((digits, 0), (photographs, 9999), (digits, 0)):
        shown(session.multiselect("predict-runs").set_value([run.id]).run())
        assert says(session, f"Test image {image} of ")
        assert linked(session, "image") == str(image)
        assert not session.warning


@pytest.mark.cifar10
def test_a_link_opens_the_test_image_of_another_data_set(trained: Callable[[str], Run], store: RunStore) -> None:
    digits = trained("completed")
    photographs = photographed(store)
    session = open_page("predict", runs=f"{digits.id},{photographs.id}", image="9999", images="cifar10")
    assert says(session, "Test image 9999 of CIFAR-10")
    assert (linked(session, "image"), linked(session, "images")) == ("9999", "cifar10")
    shown(session.segmented_control("predict-dataset").set_value("digits").run())
    assert says(session, "Test image 0 of Handwritten digits")
    assert linked(session, "images") is None
