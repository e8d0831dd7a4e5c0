"""The number of a random draw, which can be drawn again and shared."""

from __future__ import annotations

import streamlit as st

from cifar_core.ui.keeping import KEPT

_DRAWS = 10_000


def choose_draw_number(key: str, help: str) -> int:
    """The number of a draw, and a button for the next one; nothing else changes what is drawn.

    Args:
        key: of the number; "new-" before it, that of the button.
        help: what the same number gives again.
    """
    # Where a row has no room for both, they go to the next line together.
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        # It begins at its least; a value of its own, beside one set by the button, is warned of.
        told = f"{help} From 0 to {_DRAWS - 1:,}."
        draw = st.number_input("Draw", 0, _DRAWS - 1, key=key, width=100, help=told, **KEPT)
        st.button("New draw", icon=":material/casino:", key=f"new-{key}", on_click=_step_on, args=(key,))
    return int(draw)


def _step_on(key: str) -> None:
    st.session_state[key] = (int(st.session_state[key]) + 1) % _DRAWS
