"""The Predict page before a real Chromium: what AppTest cannot reach is the clipboard, the pad and the file dialog."""

from __future__ import annotations

import base64
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect

from cifar_core.ui.own_picture import pasting
from tests.pages.browser import STILL, Dashboard, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASTE = """encoded => {
  const bytes = Uint8Array.from(atob(encoded), character => character.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true }));
}"""


def ball(width: int, height: int) -> bytes:
    picture, buffer = Image.new("RGB", (width, height), "navy"), BytesIO()
    ImageDraw.Draw(picture).ellipse((width / 4, height / 4, 3 * width / 4, 3 * height / 4), fill="orange")
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def noise(width: int, height: int) -> bytes:
    """More than a megabyte, which the browser scales down."""
    picture, buffer = Image.effect_noise((width, height), 90), BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


REDRAWN = """async source => {
  const { default: draw } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  const parentElement = document.createElement("div"), sent = [];
  parentElement.innerHTML = "<button></button><span role=status></span>";
  const setTriggerValue = (name, value) => sent.push(value);
  const paste = async () => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(["bytes"], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
    await new Promise(resolve => setTimeout(resolve, 200));
    return sent.splice(0).length;
  };
  draw({ parentElement, setTriggerValue });
  const end = draw({ parentElement, setTriggerValue });
  const before = await paste();
  end();
  return [before, await paste()];
}"""


def test_a_paste_counts_once_after_a_change_of_theme_and_not_at_all_on_other_pages(chromium: Browser) -> None:
    page = chromium.new_page()
    assert page.evaluate(REDRAWN, pasting._JS) == [1, 0]
    page.close()


def test_pictures_are_uploaded_pasted_and_drawn_for_two_runs(
    dashboard: Dashboard, visitor: Visitor, trained_once: tuple[Path, dict[str, str]]
) -> None:
    folder, ids = trained_once
    shutil.copytree(folder, dashboard.runs)
    visitor.open("predict", f"?runs={ids['seed']},{ids['completed']}&image=3")
    expect(visitor.main.get_by_text("Test image 3 of Handwritten digits", exact=False).first).to_be_visible()
    bars = visitor.widget("predict-probabilities-digits").locator("g.trace.bars")
    expect(bars).to_have_count(2)
    expect(bars.first.locator("g.point")).to_have_count(10)
    visitor.main.get_by_text("Your own picture", exact=True).click()
    expect(bars).to_have_count(0)
    upload = visitor.widget("upload").locator("input[type=file]")
    upload.set_input_files({"name": "ball.png", "mimeType": "image/png", "buffer": ball(90, 60)})
    expect(visitor.main.get_by_text("90 x 60 pixels were given.")).to_be_visible()
    expect(bars).to_have_count(2)
    visitor.main.get_by_role("button", name="Paste a picture").focus()
    visitor.page.evaluate(PASTE, base64.b64encode(ball(70, 70)).decode())
    expect(visitor.main.get_by_text("70 x 70 pixels were given.")).to_be_visible()
    visitor.page.evaluate(PASTE, base64.b64encode(noise(1_600, 800)).decode())
    expect(visitor.main.get_by_text("1,024 x 512 pixels are left of it")).to_be_visible()
    visitor.main.get_by_text("A drawing", exact=True).click()
    expect(visitor.main.get_by_text("Draw a digit")).to_be_visible()
    pad = visitor.main.get_by_role("img", name="Drawing pad")
    box = pad.bounding_box()
    assert box is not None
    for press in (visitor.page.mouse.down, visitor.page.mouse.up):
        visitor.page.mouse.move(box["x"] + 128, box["y"] + (40 if press == visitor.page.mouse.down else 200))
        press()
    expect(visitor.main.get_by_text("What the network sees")).to_be_visible()
    expect(bars).to_have_count(2)
    visitor.go("home")
    visitor.go("predict")
    expect(bars).to_have_count(2)
    assert pad.evaluate("pad => pad.getContext('2d').getImageData(128, 128, 1, 1).data[0]") == 255
    visitor.main.get_by_role("button", name="Clear", exact=True).click()
    expect(visitor.main.get_by_text("Draw a digit")).to_be_visible()
    expect(visitor.page.locator(STILL)).to_be_attached()
