"""A pad to draw a digit on, white on black as the data set has them."""

from __future__ import annotations

import base64

import streamlit as st

from cifar_core.data import Picture, load_picture
from cifar_core.ui.components import listen
from cifar_core.ui.own_picture.pasting import decoded

_DRAWING = "drawing"

_HTML = """
<canvas width="256" height="256" role="img" aria-label="Drawing pad"></canvas>
<button type="button">Clear</button>
"""
# A stroke of 30 px is 4 pixels wide for the network, about as in the data set.
_CSS = """
:host { display: flex; align-items: end; gap: 8px; font-family: var(--st-font); font-size: 14px; }
canvas { background: black; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  cursor: crosshair; touch-action: none; }
button {
  font: inherit; color: var(--st-text-color); cursor: pointer; padding: 6px 12px;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const canvas = parentElement.querySelector("canvas"), pen = canvas.getContext("2d");
  const clear = () => { pen.fillStyle = "black"; pen.fillRect(0, 0, canvas.width, canvas.height); };
  // Reruns come while somebody draws: what was drawn before is laid down once only.
  if (!canvas.dataset.begun) {
    canvas.dataset.begun = "yes";
    clear();
    const before = new Image();
    before.onload = () => pen.drawImage(before, 0, 0);
    if (data.before) before.src = `data:image/png;base64,${data.before}`;
  }
  const send = () => {
    const url = canvas.toDataURL("image/png");
    setTriggerValue("drawn", url.slice(url.indexOf(",") + 1));
  };
  const move = (event) => {
    pen.lineTo(event.offsetX, event.offsetY);
    pen.stroke();
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    Object.assign(pen, { strokeStyle: "white", lineWidth: 30, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(event.offsetX, event.offsetY);
    move(event);
    canvas.onpointermove = move;
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!canvas.onpointermove) return;
    canvas.onpointermove = null;
    send();
  };
  parentElement.querySelector("button").onclick = () => {
    clear();
    setTriggerValue("drawn", "");
  };
}
"""
_component = st.components.v2.component("cifar-lab-drawing", html=_HTML, css=_CSS, js=_JS)


def choose_drawing() -> Picture | None:
    """A pad; what is drawn on it is kept through changes of page. None while it is empty.

    Raises:
        DataError: what came is not what the pad sends.
    """
    data = {"before": base64.b64encode(st.session_state.get(_DRAWING, b"")).decode()}
    drawn = _component(key="drawing-pad", data=data, on_drawn_change=listen).drawn
    content: bytes = st.session_state.get(_DRAWING, b"") if drawn is None else decoded(drawn, "The drawing")
    picture = load_picture(content, "The drawing") if content else None
    st.session_state[_DRAWING] = content  # not before it is known to be a picture
    if picture is None:
        st.info("Draw a digit with the mouse or a finger, large and in the middle.", icon=":material/draw:")
    return picture
