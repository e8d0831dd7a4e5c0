"""The page's panes, one at a time: only what is looked at is computed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_PANE = "pane"
EDIT = "Edit"


def choose_pane(names: Sequence[str]) -> str:
    """A row of buttons, kept in the URL; returns the pane chosen."""
    pane = st.segmented_control(
        "Pane",
        names,
        # None once it has a value: a widget with both a default and a value set by the program is warned of.
        default=None if _PANE in st.session_state else names[0],
        required=True,
        key=_PANE,
        label_visibility="collapsed",
        bind="query-params",
    )
    return pane or names[0]


def go_to_editor() -> None:
    """For callbacks: the next pane drawn is the editor."""
    st.session_state[_PANE] = EDIT


def is_in_editor() -> bool:
    """Whether the editor is the pane that is looked at."""
    return bool(st.session_state.get(_PANE) == EDIT)
