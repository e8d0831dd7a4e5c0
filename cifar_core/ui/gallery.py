"""Many small images as one component with one picture: a grid of buttons, or a sheet of rows."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.ui.components import listen
from cifar_core.ui.sprites import png_url

_SPRITE_COLUMNS = 8
NARROW = 600
"""Screen pixels: in a pane that is narrower, a sheet takes its smaller number of columns."""

# In the grid of buttons, 96 screen pixels are three for each of the image's.
_CSS = """
.pane { container-type: inline-size; color: var(--st-text-color); font-family: var(--st-font); }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 6px; padding: 3px; }
.images > * {
  display: flex; flex-direction: column; align-items: center; gap: 3px;
  font-size: 13px; line-height: 1.25; text-align: center; overflow-wrap: anywhere; white-space: pre-line;
}
button {
  all: unset; box-sizing: border-box; cursor: pointer; padding: 4px; border-radius: var(--st-base-radius);
}
button:hover { background: var(--st-secondary-background-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
canvas { width: 96px; height: 96px; image-rendering: pixelated; border-radius: 2px; }
.sheet { grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 10px 6px; padding: 0; }
.sheet > * { margin: 0; font-size: 12px; }
.dense > * { font-size: 11px; }
.sheet canvas { width: 100%; height: auto; }
.sheet button { padding: 2px; }
.sheet .title { grid-column: 1 / -1; align-items: start; font-size: 13px; font-weight: 600; margin-bottom: -8px; }
.sheet .first { grid-column: 1; grid-row: span var(--rows); font-weight: 600; }
@container (max-width: NARROWpx) {
  .sheet { grid-template-columns: repeat(var(--narrow-columns), minmax(0, 1fr)); }
  .sheet .first { grid-row: span var(--narrow-rows); }
}
""".replace("NARROW", str(NARROW))
_HTML = '<div class="pane"><div class="images" role="group"></div></div>'
_JS = """
const SIDE = 32;

function canvasOf(sheet, column, row) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  // Its own pixels alone: scaled as a background, a neighbour in the sprite would shine through at the edges.
  canvas.getContext("2d").drawImage(sheet, SIDE * column, SIDE * row, SIDE, SIDE, 0, 0, SIDE, SIDE);
  return canvas;
}

function titled(title) {
  if (!title) return [];
  const heading = document.createElement("div");
  heading.className = "title";
  heading.textContent = title;
  return [heading];
}

function place(grid, { label, layout, images }) {
  if (label) grid.setAttribute("aria-label", label);
  grid.classList.toggle("sheet", !!layout);
  if (!layout) return;
  grid.classList.toggle("dense", layout.columns > 7);
  const starts = images.flatMap(({ first }, at) => (first ? [at] : [])).concat(images.length);
  for (const [prefix, columns] of [["--", layout.columns], ["--narrow-", layout.narrow]]) {
    grid.style.setProperty(`${prefix}columns`, columns);
    grid.style.setProperty(`${prefix}rows`, Math.ceil((starts[1] - starts[0] - 1) / (columns - 1)) || 1);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const { sprite, columns, images, layout, token } = data;
  const grid = parentElement.querySelector(".images");
  grid.setTriggerValue = setTriggerValue;
  // The images stay where they are the same, and with them what the keyboard has reached.
  if (grid.token === token) return;
  grid.token = token;
  const loaded = new Image();
  loaded.onload = () => {
    if (grid.token !== token) return; // others came meanwhile
    const clickable = !layout || layout.clickable;
    const shown = images.flatMap(({ caption, alt, first, title }, position) => {
      const element = document.createElement(clickable ? "button" : "figure");
      const picture = canvasOf(loaded, position % columns, Math.floor(position / columns));
      const text = document.createElement(clickable ? "span" : "figcaption");
      text.textContent = caption;
      element.append(picture, ...(caption ? [text] : []));
      element.title = alt;
      element.classList.toggle("first", first);
      const heading = titled(title);
      if (!clickable) {
        picture.setAttribute("role", "img");
        picture.setAttribute("aria-label", alt);
        return [...heading, element];
      }
      element.type = "button";
      element.setAttribute("aria-label", alt);
      element.onclick = () => {
        grid.setTriggerValue("clicked", { position, token });
        // In a dialog the chosen image takes the place of the one on top.
        parentElement.host.closest('[role="dialog"]')?.scrollIntoView();
      };
      return [...heading, element];
    });
    const focused = [...grid.children].indexOf(parentElement.activeElement);
    place(grid, data);
    grid.replaceChildren(...shown);
    // Without a focus inside, a dialog would not hear its Escape key any more.
    shown[Math.min(focused, shown.length - 1)]?.focus({ preventScroll: true });
  };
  loaded.src = sprite;
}
"""
_UNIT = re.compile(r"(?<=\d) (?=px|%)")
"""The space between a number and its unit, where no line may end."""
_component = st.components.v2.component("cifar-lab-gallery", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """One image of a gallery or sheet."""

    picture: Images
    """uint8 [32, 32, 3]."""
    caption: str
    """Plain text under it; a line break is kept."""
    alt: str
    """The image in words: its button's name."""
    starts_row: bool = False
    """In a sheet: whether it is the first of a row, which those behind it belong to."""
    title: str = ""
    """In a sheet: plain text on a line of its own above the image and those behind it."""


def gallery(images: Sequence[GalleryImage], key: str) -> int | None:
    """A grid of images that wraps with the window; by mouse or keyboard, one of them can be chosen.

    Args:
        images: at least one.
        key: of the widget.

    Returns:
        The position in `images` of the one clicked in this rerun; None if none was.
    """
    return _draw(_data(images), key)


def sheet(
    images: Sequence[GalleryImage], key: str, label: str, columns: int, narrow_columns: int, clickable: bool = False
) -> int | None:
    """Rows of images, as wide as there is room, to look at or to choose one of.

    Args:
        images: at least one; rows are of equal length.
        key: of the widget.
        label: the whole sheet in words.
        columns: side by side, 2 or more. Where a row has more images, its first stands beside the others of it.
        narrow_columns: the same in a pane below `NARROW`.
        clickable: whether one can be chosen, by mouse or keyboard.

    Returns:
        The position in `images` of the one clicked in this rerun; None if none was.
    """
    layout = {"columns": columns, "narrow": narrow_columns, "clickable": clickable}
    return _draw(_data(images, label=label, layout=layout), key)


def _draw(data: dict[str, Any], key: str) -> int | None:
    clicked = _component(key=key, data=data, on_clicked_change=listen).clicked
    return int(clicked["position"]) if clicked is not None and clicked["token"] == data["token"] else None


def _data(images: Sequence[GalleryImage], **more: Any) -> dict[str, Any]:
    columns = min(len(images), _SPRITE_COLUMNS)
    rows = -(-len(images) // columns)
    sprite = png_url(_sprite([image.picture for image in images], columns, rows))
    shown = [
        {
            "caption": _UNIT.sub("\u00a0", image.caption),
            "alt": image.alt,
            "first": image.starts_row,
            "title": image.title,
        }
        for image in images
    ]
    # A click that was on its way while other images took these ones' place must not open one of them.
    token = zlib.crc32(repr((shown, more)).encode(), zlib.crc32(sprite.encode()))
    return {"sprite": sprite, "columns": columns, "images": shown, "token": token, **more}


def _sprite(pictures: Sequence[Images], columns: int, rows: int) -> Images:
    """One picture, uint8 [rows * 32, columns * 32, 3]: encoding many small ones takes ten times as long."""
    cells = np.zeros((rows * columns, IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.uint8)
    cells[: len(pictures)] = pictures
    by_place = cells.reshape(rows, columns, IMAGE_SIZE, IMAGE_SIZE, 3).swapaxes(1, 2)
    return by_place.reshape(rows * IMAGE_SIZE, columns * IMAGE_SIZE, 3)
