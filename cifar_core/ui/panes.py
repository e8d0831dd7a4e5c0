"""Panes: two that stand side by side where there is room, or one of several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cifar_core.ui.style import FOLLOWING

LEFT_WIDTH = 420
"""Screen pixels. Streamlit's columns never wrap above 640; a row of containers does as soon as 128 pixels are not left
for the second one, which with this width happens on a window of 800."""


def two_panes(left_width: int = LEFT_WIDTH, is_following: bool = False) -> tuple[DeltaGenerator, DeltaGenerator]:
    """A pane of fixed width, and one that takes the rest.

    Args:
        left_width: screen pixels.
        is_following: whether the left one stays in view while the page moves; once on a page.
    """
    row = st.container(horizontal=True, gap="medium")
    left = row.container(width=left_width, key=FOLLOWING if is_following else None)
    return left, row.container(width="stretch")


def choose_pane(names: Sequence[str], key: str, **more: Any) -> str:
    """A row of buttons, so that only what is looked at is computed.

    Args:
        names: of the panes, the first one to begin with.
        key: under which the choice lies in the URL.
        more: options of the widget.

    Returns:
        The pane chosen.
    """
    pane = st.segmented_control(
        "Pane",
        names,
        # None once it has a value: a widget with both a default and a value set by the program is warned of.
        default=None if key in st.session_state else names[0],
        required=True,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
        **more,
    )
    return pane or names[0]
