"""Which of the page's panes is looked at."""

from __future__ import annotations

import streamlit as st

PANE = "pane"
EDIT = "Edit"


def go_to_editor() -> None:
    """For callbacks: the next pane drawn is the editor."""
    st.session_state[PANE] = EDIT


def is_in_editor() -> bool:
    """Whether the editor is the pane that is looked at."""
    return bool(st.session_state.get(PANE) == EDIT)
