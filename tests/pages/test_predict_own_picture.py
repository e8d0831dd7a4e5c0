"""A picture of one's own before the networks: uploaded, pasted, drawn, or refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from cifar_core.data import read_picture
from cifar_core.runs import Run, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.ui.own_picture import choosing
from cifar_core.ui.own_picture.pasting import Pasted
from cifar_core.ui.predict import drawing
from tests.pages.helpers import as_read, go_to, open_page, says, shown
from tests.pages.predict_page import bars, png, with_own_picture


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
