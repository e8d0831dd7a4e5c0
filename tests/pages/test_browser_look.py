"""Home's "Look at the data" before a real Chromium: opened, an image by its number, and a reload that keeps both."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.browser import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_image_is_found_by_its_number_or_by_a_click_and_a_reload_keeps_it(visitor: Visitor) -> None:
    visitor.open("home")
    sheet = visitor.main.get_by_role("group", name="Handwritten digits, training images: Every class")
    expect(sheet).to_have_count(0)
    visitor.main.get_by_text("Look at the data").click()
    expect(sheet.get_by_role("button")).to_have_count(100)
    visitor.expect_query(look="true")

    # While the page is drawn anew, what stood there before may still stand behind it.
    shown = visitor.widget("look").get_by_test_id("stImage").get_by_role("img").first
    expect(shown).to_have_attribute("alt", "Training image 0: 4")
    first = shown.get_attribute("src")
    visitor.enter("Image number", "7")
    expect(shown).to_have_attribute("alt", "Training image 7: 5")
    assert shown.get_attribute("src") != first
    visitor.enter("Image number", "1500")
    expect(
        visitor.main.get_by_text("There is no training image 1,500 of Handwritten digits: choose 0 to 1,499.")
    ).to_be_visible()
    expect(shown).to_have_attribute("alt", "Training image 7: 5")

    clicked = sheet.get_by_role("button").nth(42)
    told = clicked.get_attribute("aria-label") or ""
    clicked.press("Enter")
    expect(shown).to_have_attribute("alt", told)
    visitor.page.reload()
    visitor.expect_page("home")
    expect(shown).to_have_attribute("alt", told)
    expect(sheet.get_by_role("button")).to_have_count(100)
