from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.ui import gallery
from tests.pages.helpers import gallery_images


def page() -> None:
    import numpy as np
    import streamlit as st

    from cifar_core.ui.gallery import GalleryImage, gallery

    count = int(st.session_state["count"])
    pixels = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    images = [GalleryImage(picture, f"caption {at}", f"image <{at}>") for at, picture in enumerate(pixels)]
    st.markdown(f"clicked: {gallery(images, key='gallery-test')}")


def drawn(count: int) -> AppTest:
    session = AppTest.from_function(page, default_timeout=60)
    session.session_state["count"] = count
    session.run()
    assert not session.exception, session.exception[0].proto
    return session


@pytest.mark.parametrize("count", [1, 7, 8, 9, 60])
def test_every_image_lies_where_its_button_looks(count: int) -> None:
    expected = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    found = gallery_images(drawn(count))
    assert len(found) == count
    for at, image in enumerate(found):
        assert (image.picture == expected[at]).all()
        assert (image.caption, image.alt) == (f"caption {at}", f"image <{at}>")


def clicking(change: Callable[[int], int]) -> Callable[..., Any]:
    """Stands for the browser: a click on the third image, with the token changed."""
    real = gallery._component

    def component(*, data: dict[str, Any], **arguments: Any) -> Any:
        real(data=data, **arguments)
        return SimpleNamespace(clicked={"position": 2, "token": change(data["token"])})

    return component


def test_a_click_is_told_by_its_position(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(5).markdown[0].value == "clicked: None"
    monkeypatch.setattr(gallery, "_component", clicking(lambda token: token))
    assert drawn(5).markdown[0].value == "clicked: 2"


def test_a_click_on_images_that_were_replaced_meanwhile_opens_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "_component", clicking(lambda token: token + 1))
    assert drawn(5).markdown[0].value == "clicked: None"


def sheet_page() -> None:
    import numpy as np
    import streamlit as st

    from cifar_core.ui.gallery import GalleryImage, sheet

    images = [
        GalleryImage(np.full((32, 32, 3), at, dtype=np.uint8), "", f"image {at}", title="" if at % 3 else f"row {at}")
        for at in range(6)
    ]
    clicked = sheet(images, "sheet-test", "a sheet", columns=3, narrow_columns=3, clickable=True)
    st.markdown(f"clicked: {clicked}")


def test_an_image_of_a_sheet_can_be_chosen_and_its_rows_be_titled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "_component", clicking(lambda token: token))
    session = AppTest.from_function(sheet_page, default_timeout=60).run()
    assert session.markdown[0].value == "clicked: 2"
    (told,) = session.get("bidi_component")
    data = json.loads(told.proto.json)
    assert data["layout"]["clickable"]
    assert [image["title"] for image in data["images"]] == ["row 0", "", "", "row 3", "", ""]
