"""The pane in the URL, and what of a link is another page's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st

from cifar_core.runs import Run
from cifar_core.ui.mistakes import panes
from tests.pages.helpers import go_to, open_page, says, shown, stored_predictions
from tests.pages.mistakes.reading import opened


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
