"""A grid of small images, each a real button: by mouse or keyboard, one of them can be chosen."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.ui.components import listen
from cifar_core.ui.sprites import png_url

_SPRITE_COLUMNS = 8

# 96 screen pixels are three for each of the image's: sharp, and no neighbour in the sprite shines through.
_CSS = """
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 6px; padding: 3px; }
button {
  all: unset; box-sizing: border-box; cursor: pointer; padding: 4px; border-radius: var(--st-base-radius);
  display: flex; flex-direction: column; align-items: center; gap: 3px;
  color: var(--st-text-color); font-family: var(--st-font); font-size: 13px; line-height: 1.25; text-align: center;
  overflow-wrap: anywhere; white-space: pre-line;
}
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
.picture { width: 96px; height: 96px; image-rendering: pixelated; border-radius: 2px; }
"""
_HTML = '<div class="images" role="group"></div>'
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const { sprite, columns, rows, images, token } = data;
  const grid = parentElement.querySelector(".images");
  grid.setTriggerValue = setTriggerValue;
  // The buttons stay where the images are the same, and with them what the keyboard has reached.
  if (grid.token === token) return;
  grid.token = token;
  const share = (at, count) => (count > 1 ? (100 * at) / (count - 1) : 0);
  const buttons = images.map(({ caption, alt }, position) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", alt);
    button.title = alt;
    const picture = document.createElement("span");
    picture.className = "picture";
    picture.style.backgroundImage = `url(${sprite})`;
    picture.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    picture.style.backgroundPosition =
      `${share(position % columns, columns)}% ${share(Math.floor(position / columns), rows)}%`;
    const text = document.createElement("span");
    text.textContent = caption;
    button.append(picture, text);
    button.onclick = () => {
      grid.setTriggerValue("clicked", { position, token });
      // In a dialog the chosen image takes the place of the one on top.
      parentElement.host.closest('[role="dialog"]')?.scrollIntoView();
    };
    return button;
  });
  const focused = [...grid.children].indexOf(parentElement.activeElement);
  grid.replaceChildren(...buttons);
  // Without a focus inside, a dialog would not hear its Escape key any more.
  buttons[Math.min(focused, buttons.length - 1)]?.focus({ preventScroll: true });
}
"""
_component = st.components.v2.component("cifar-lab-gallery", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """One image of a gallery."""

    picture: Images
    """uint8 [32, 32, 3]."""
    caption: str
    """Plain text under it; a line break is kept."""
    alt: str
    """The image in words: its button's name."""


def gallery(images: Sequence[GalleryImage], key: str) -> int | None:
    """A grid of images that wraps with the window.

    Args:
        images: at least one.
        key: of the widget.

    Returns:
        The position in `images` of the one clicked in this rerun; None if none was.
    """
    columns = min(len(images), _SPRITE_COLUMNS)
    rows = -(-len(images) // columns)
    sprite = png_url(_sprite([image.picture for image in images], columns, rows))
    shown = [{"caption": image.caption, "alt": image.alt} for image in images]
    # A click that was on its way while other images took these ones' place must not open one of them.
    token = zlib.crc32(repr(shown).encode(), zlib.crc32(sprite.encode()))
    data = {"sprite": sprite, "columns": columns, "rows": rows, "images": shown, "token": token}
    clicked = _component(key=key, data=data, on_clicked_change=listen).clicked
    return int(clicked["position"]) if clicked is not None and clicked["token"] == token else None


def _sprite(pictures: Sequence[Images], columns: int, rows: int) -> Images:
    """One picture, uint8 [rows * 32, columns * 32, 3]: encoding many small ones takes ten times as long."""
    cells = np.zeros((rows * columns, IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.uint8)
    cells[: len(pictures)] = pictures
    by_place = cells.reshape(rows, columns, IMAGE_SIZE, IMAGE_SIZE, 3).swapaxes(1, 2)
    return by_place.reshape(rows * IMAGE_SIZE, columns * IMAGE_SIZE, 3)
