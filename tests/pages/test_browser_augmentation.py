"""The Augmentation page before a real Chromium: a slider moves the pictures, and a bad upload loses none."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.pages.browser import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIXELS = "canvases => canvases.map(canvas => canvas.toDataURL()).join()"


def png(side: int) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((side, side)).save(buffer, "PNG")
    return buffer.getvalue()


def samples(visitor: Visitor, of: str = "") -> Locator:
    return visitor.main.get_by_role("group", name=re.compile(f"Originals and samples: {of}"))


def test_a_slider_moves_the_pictures_and_a_bad_upload_loses_none(visitor: Visitor) -> None:
    visitor.open("augmentation", "?transforms=assignment")
    flipped = samples(visitor).get_by_role("img", name="flipped")
    expect(flipped.first).to_be_visible()
    assert 0 < flipped.count() < 80
    before = samples(visitor).locator("canvas").evaluate_all(PIXELS)
    probability = visitor.main.get_by_role("slider", name="Probability").first
    probability.focus()
    probability.press("End")
    expect(flipped).to_have_count(80)
    assert samples(visitor).locator("canvas").evaluate_all(PIXELS) != before

    visitor.choose("samples", "Your own picture")
    upload = visitor.widget("upload").locator("input[type=file]")
    upload.set_input_files({"name": "good.png", "mimeType": "image/png", "buffer": png(60)})
    own = samples(visitor, "good.png").locator("canvas")
    expect(own).to_have_count(17)
    good = own.evaluate_all(PIXELS)
    upload.set_input_files({"name": "bad.png", "mimeType": "image/png", "buffer": png(1)})
    expect(visitor.main.get_by_text("bad.png is too small (1 x 1 pixels): at least 8 pixels a side.")).to_be_visible()
    expect(own).to_have_count(17)
    assert own.evaluate_all(PIXELS) == good


def test_the_film_of_a_parameter_plays(visitor: Visitor) -> None:
    visitor.open("augmentation", "?transforms=assignment&pictures=One%20parameter")
    chart = visitor.widget("sweep-film")
    swept = chart.locator("image").nth(1)
    expect(swept).to_have_attribute("href", re.compile("^data:image/png"))
    still = swept.get_attribute("href")
    chart.get_by_text("Play", exact=True).click()
    expect(chart.get_by_text("Rotate: 30°")).to_be_visible()
    expect(swept).not_to_have_attribute("href", still or "")


@pytest.mark.parametrize("width", [1440, 800])
def test_a_slider_far_down_and_the_pictures_are_in_view_together(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 900})
    visitor.open("augmentation", "?transforms=assignment")
    expect(samples(visitor).locator("canvas").first).to_be_visible()
    slider = visitor.main.get_by_text("Width, pixels", exact=True)
    slider.scroll_into_view_if_needed()
    # A narrow window has them one below the other: the page moves by what stands above the two.
    visitor.widget("following-pane").evaluate("pane => pane.parentElement.scrollIntoView({ block: 'start' })")
    expect(slider).to_be_in_viewport()
    expect(samples(visitor).locator("canvas").first).to_be_in_viewport()
    assert visitor.overflow() == 0


def test_back_leaves_the_page_whatever_was_set_on_it_and_forward_finds_it(visitor: Visitor) -> None:
    visitor.open("home")
    visitor.go("augmentation")
    probability = visitor.main.get_by_role("slider", name="Probability").first
    for _ in range(3):
        before = visitor.page.url
        probability.press("ArrowRight")
        visitor.page.wait_for_function("before => location.href !== before", arg=before)
    visitor.page.go_back()
    visitor.expect_page("home")
    visitor.page.go_forward()
    visitor.expect_page("augmentation")
    expect(probability).to_have_value("0.65")


def test_back_brings_the_augmentation_of_its_page_again(visitor: Visitor) -> None:
    visitor.open("augmentation", "?transforms=assignment")
    rotate = visitor.main.get_by_role("slider", name="Rotate, degrees")
    before = visitor.page.url
    rotate.press("End")
    visitor.page.wait_for_function("before => location.href !== before", arg=before)
    visitor.go("training")
    visitor.choose("choose-augmentation", "None")
    visitor.expect_query(transforms="none")
    visitor.page.go_back()
    visitor.expect_page("augmentation")
    expect(rotate).to_have_value("90")
