"""Two panes that stand side by side where there is room, and one above the other where there is not."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

LEFT_WIDTH = 420
"""Screen pixels. Streamlit's columns never wrap above 640; a row of containers does as soon as 128 pixels are not left
for the second one, which with this width happens on a window of 800."""


def two_panes(left_width: int = LEFT_WIDTH) -> tuple[DeltaGenerator, DeltaGenerator]:
    """A pane of fixed width, and one that takes the rest."""
    row = st.container(horizontal=True, gap="medium")
    return row.container(width=left_width), row.container(width="stretch")
