"""The assignment's own words beside what they mean."""

from __future__ import annotations

import re

from cifar_core.data import find_augmentation
from tests.pages.augmentation_page import page
from tests.pages.helpers import gallery_images, laid_augmentation, on_strip, open_page, says, shown


def test_the_assignments_words_stand_beside_what_they_mean() -> None:
    session = open_page("augmentation", pictures="The assignment")
    assert says(session, "one hole of 16 x 16 pixels", "it only warns")
    assert any("are not valid for transform CoarseDropout" in block.value for block in session.code)
    assert says(session, "| Height of a hole | 16 px | 3 px to 6 px | 16 px |")
    images = gallery_images(session, "assignment-sheet")
    literal = [image for image in images if image.caption.startswith("literal")]
    preset = [image for image in images if image.caption.startswith("preset")]
    assert len(literal) == len(preset) == 15
    assert all("hole\u00a0x" in image.caption for image in preset)
    assert all(re.search(r"hole\u00a0\dx\d\u00a0x", image.caption) for image in literal)


def test_the_preset_is_laid_on_the_workbench_from_the_comparison() -> None:
    session = page(pictures="The assignment")
    shown(session.button("take-assignment").click().run())
    assert laid_augmentation(session) == find_augmentation("assignment").spec
    assert on_strip(session, "augmentation").endswith("**assignment**")
