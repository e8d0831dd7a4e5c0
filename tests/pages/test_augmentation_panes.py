"""Which pane of pictures is drawn, as the URL tells it."""

from __future__ import annotations

import pytest

from tests.pages.helpers import gallery_images, open_page


@pytest.mark.parametrize("pane", ["Samples", "One parameter", "The assignment", "Take away"])
def test_a_pane_is_in_the_url_and_only_it_is_drawn(pane: str) -> None:
    session = open_page("augmentation", pictures=pane)
    assert session.segmented_control("pictures").value == pane
    sheets = {"Samples": "samples-sheet", "One parameter": "sweep-sheet", "The assignment": "assignment-sheet"}
    for each, key in sheets.items():
        assert bool(gallery_images(session, key)) == (each == pane)
    assert bool(session.text_area) == (pane == "Take away")


def test_a_pane_that_a_link_makes_up_is_the_first_one() -> None:
    assert gallery_images(open_page("augmentation", pictures="nonsense", draw="-4", number="x"), "samples-sheet")
