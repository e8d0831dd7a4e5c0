"""The feature map: a point for each image."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run
from cifar_core.ui.mistakes import feature_map_view
from tests.pages.helpers import files_of, links, says, shown, stored_predictions
from tests.pages.mistakes.panes import chart, open_pane


def test_the_feature_map_has_a_point_for_each_image(run: Run) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Feature map", run)
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    assert points == list(range(len(predictions.targets)))
    shown(session.toggle("map-mistakes").set_value(True).run())
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    assert points == np.flatnonzero(predictions.predicted != predictions.targets).tolist()
    shown(session.selectbox("map-class-digits").set_value("3").run())
    points = sorted(position for trace in chart(session)["data"] for position in trace.get("customdata", ()))
    wrong_threes = (predictions.targets == 3) & (predictions.predicted != 3)
    assert points == np.flatnonzero(wrong_threes).tolist()


def test_many_points_are_a_sample_told_as_such(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_map_view, "MAX_POINTS", 40)
    session = open_pane("Feature map", run)
    points = [position for trace in chart(session)["data"] for position in trace.get("customdata", ())]
    assert len(set(points)) == 40
    assert says(session, f"A sample of 40 of {len(stored_predictions(run).targets):,} images.")


def test_the_keyboard_opens_a_point_by_its_image_s_number(run: Run, opened: list[int]) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Feature map", run)

    def ask(number: int) -> AppTest:
        (box,) = (box for box in session.number_input if box.label == "Image number")
        box.set_value(number)
        (button,) = (button for button in session.button if button.label == "Open")
        return shown(button.click().run())

    ask(int(predictions.index[7]))
    assert opened == [7]
    missing = next(number for number in range(2000) if number not in predictions.index)
    ask(missing)
    assert opened == [7]
    assert says(session, f"Image {missing} is not among the validation images: the nearest one is")


def test_a_feature_map_without_weights_says_so(run: Run) -> None:
    for which in ("best", "last", "previous"):
        files_of(run).checkpoint(which).unlink(missing_ok=True)
    session = open_pane("Feature map", run)
    assert says(session, "The weights of this run are gone")
    assert links(session) == ["Go to Training"]
    assert not session.error
