"""The page's panes, one at a time: only what is looked at is computed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cifar_core.ui.address import linked, write
from cifar_core.ui.mistakes.calibration_view import draw_calibration
from cifar_core.ui.mistakes.classes_view import draw_classes
from cifar_core.ui.mistakes.feature_map_view import draw_feature_map
from cifar_core.ui.mistakes.label_errors_view import draw_label_errors
from cifar_core.ui.mistakes.matrix_view import draw_matrix
from cifar_core.ui.mistakes.pair_view import draw_pair
from cifar_core.ui.mistakes.subject import Subject

PANES: tuple[tuple[str, str, Callable[[Subject], None]], ...] = (
    ("Matrix", ":material/grid_on:", draw_matrix),
    ("Classes", ":material/category:", draw_classes),
    ("Calibration", ":material/speed:", draw_calibration),
    ("Feature map", ":material/scatter_plot:", draw_feature_map),
    ("Label errors", ":material/label_off:", draw_label_errors),
    ("Two runs", ":material/compare:", draw_pair),
)
"""Title, icon and what draws it."""

_KEY, _LINK, _FOLLOWED = "mistakes-pane", "view", "followed-pane"


def draw_panes(subject: Subject) -> None:
    """A row of buttons, kept in the URL, and the pane chosen."""
    icons = {title: icon for title, icon, _ in PANES}
    draws = {title: draw for title, _, draw in PANES}
    first = PANES[0][0]
    link = linked(_LINK)
    # Not bound to the URL: that would write the icons into it.
    if link in draws and link != st.session_state.get(_FOLLOWED):
        st.session_state[_KEY] = link
    pane = st.segmented_control(
        "Pane",
        list(icons),
        # None once it has a value: a widget with both a default and a value set by the program is warned of.
        default=None if _KEY in st.session_state else first,
        format_func=lambda title: f"{icons[title]} {title}",
        required=True,
        key=_KEY,
        label_visibility="collapsed",
        persist_state="session",
    )
    chosen = st.session_state[_FOLLOWED] = pane or first
    if link or chosen != first:
        write(_LINK, chosen)
    draws[chosen](subject)
