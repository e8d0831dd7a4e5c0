"""A button that takes a picture from the clipboard: Streamlit's own upload box does not."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import streamlit as st

from cifar_core.errors import DataError
from cifar_core.ui.components import listen

_MAX_ENCODED = 14_000_000
"""Characters: 10 MB in base64."""

_HTML = """
<button type="button">Paste a picture</button>
<span role="status" aria-live="polite">or press Ctrl+V</span>
"""
_CSS = """
:host { display: block; font-family: var(--st-font); font-size: 14px; color: var(--st-text-color); }
button {
  font: inherit; color: inherit; cursor: pointer; padding: 6px 12px; margin-right: 8px;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
"""
# Ctrl+V works anywhere on the page. The button asks the browser, which may refuse: then the keys remain. A large
# picture is scaled down before it travels: the network sees 32 pixels of it.
_JS = """
const LARGE = 1_000_000, SIDE = 1024;

async function bounded(picture) {
  if (picture.size <= LARGE) return [picture, false];
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const smaller = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return [smaller, scale < 1];
}

function encoded(picture) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = reject;
    reader.readAsDataURL(picture);
  });
}

export default function ({ parentElement, setTriggerValue }) {
  const status = parentElement.querySelector("[role=status]");
  const send = async (picture) => {
    try {
      const [sent, isScaled] = await bounded(picture);
      setTriggerValue("pasted", { picture: await encoded(sent), isScaled });
      status.textContent = "";
    } catch {
      status.textContent = "This picture cannot be read.";
    }
  };
  const onPaste = (event) => {
    const picture = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
    if (!picture) return;
    event.preventDefault();
    send(picture);
  };
  parentElement.querySelector("button").onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((each) => each.startsWith("image/"));
        if (type) return send(await item.getType(type));
      }
      status.textContent = "There is no picture in the clipboard.";
    } catch {
      status.textContent = "The browser gives it to Ctrl+V only: press these keys.";
    }
  };
  // A change of theme runs this again without the cleanup of the time before.
  parentElement.endPaste?.();
  document.addEventListener("paste", onPaste);
  return (parentElement.endPaste = () => document.removeEventListener("paste", onPaste));
}
"""
_component = st.components.v2.component("cifar-lab-paste", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A picture from the clipboard."""

    content: bytes
    """As the browser gave it."""
    is_scaled: bool
    """Whether it was larger, and was scaled down before it travelled."""


def paste_picture(key: str) -> Pasted | None:
    """A button that takes a picture from the clipboard, as Ctrl+V anywhere on the page does.

    Args:
        key: of the widget.

    Returns:
        The picture pasted in this rerun; None if none was.

    Raises:
        DataError: what came is too large, or not what the button sends.
    """
    pasted = _component(key=key, on_pasted_change=listen).pasted
    if pasted is None:
        return None
    sent = pasted if isinstance(pasted, dict) else {}
    return Pasted(decoded(sent.get("picture"), "What was pasted"), sent.get("isScaled") is True)


def decoded(sent: object, name: str) -> bytes:
    """The bytes that a component sent as base64; a browser's word is not trusted.

    Raises:
        DataError: they are too many, or not base64.
    """
    if isinstance(sent, str) and len(sent) > _MAX_ENCODED:
        raise DataError(f"{name} is too large: at most 10 MB.")
    try:
        return base64.b64decode(sent if isinstance(sent, str) else "?", validate=True)
    except ValueError:
        raise DataError(f"{name} is not a picture that can be read.") from None
