from __future__ import annotations

from streamlit.testing.v1 import AppTest


def script() -> None:
    from types import SimpleNamespace

    import numpy as np
    import streamlit as st

    from cifar_core.data import load_dataset
    from cifar_core.runs.records import Watched
    from cifar_core.ui.training.learning_view import draw_learning

    digits = st.cache_resource(load_dataset)("digits")
    done, split = st.session_state.get("done", 0), st.session_state.get("split", "validation")
    index = tuple(range(12))
    part = digits.train if split == "validation" else digits.test
    # After epoch e the first 2 e images are right.
    table = np.full((done, 12, 10), 0.01, dtype=np.float32)
    for epoch in range(done):
        for at in index:
            right = at < 2 * (epoch + 1)
            table[epoch, at, (part.targets[at] + (0 if right else 1)) % 10] = 0.91
    told = Watched(split, index, tuple(range(1, done + 1)), table) if done else None
    draw_learning(SimpleNamespace(id="one"), told, digits)  # type: ignore[arg-type]


def after(session: AppTest, epochs: int) -> AppTest:
    session.session_state["done"] = epochs
    session.run()
    assert not session.exception
    return session


def heading(session: AppTest) -> str:
    return session.markdown[0].value


def test_before_the_first_epoch_one_sentence_says_what_will_be_here() -> None:
    session = AppTest.from_function(script).run()
    assert len(session.caption) == 1
    assert "After the first epoch" in session.caption[0].value


def test_one_epoch_needs_no_slider() -> None:
    session = after(AppTest.from_function(script), 1)
    assert not session.select_slider
    assert heading(session) == "After epoch **1**: 2 of 12 validation images right"
    assert len(session.get("vega_lite_chart")) == 2


def test_the_slider_goes_along_with_the_run_until_it_is_moved() -> None:
    session = after(AppTest.from_function(script), 2)
    assert heading(session) == "After epoch **2**: 4 of 12 validation images right"
    after(session, 4)
    assert session.select_slider[0].value == 4
    session.select_slider[0].set_value(3).run()
    assert heading(session).startswith("After epoch **3**: 6 of 12")
    after(session, 5)
    after(session, 6)
    assert session.select_slider[0].value == 3
    assert heading(session).startswith("After epoch **3**: 6 of 12")


def test_moved_to_the_newest_epoch_the_slider_goes_along_again() -> None:
    session = after(AppTest.from_function(script), 3)
    session.select_slider[0].set_value(1).run()
    session.select_slider[0].set_value(3).run()
    after(session, 5)
    assert heading(session) == "After epoch **5**: 10 of 12 validation images right"


def test_the_seeds_protocol_is_watched_on_test_images_and_says_so() -> None:
    session = AppTest.from_function(script)
    session.session_state["split"] = "test"
    after(session, 2)
    assert heading(session) == "After epoch **2**: 4 of 12 test images right"
    assert session.caption[0].value.startswith("Test images: the seed's protocol")


def test_every_chart_says_what_it_shows() -> None:
    session = after(AppTest.from_function(script), 2)
    assert all(chart.proto.alt for chart in session.get("vega_lite_chart"))
