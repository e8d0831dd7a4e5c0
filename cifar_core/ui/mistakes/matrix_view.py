"""The confusion matrix, and the images behind each of its cells."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.ui.colors import TEXT_ON
from cifar_core.ui.figures.confusion import MatrixMode, confusion_figure
from cifar_core.ui.mistakes.gallery_view import draw_gallery
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.panes import two_panes

ANY = "any class"
MATRIX_WIDTH = 540
"""Screen pixels."""
Cell = tuple[int | None, int | None]
"""True and predicted class; None for any."""


def draw_matrix(subject: Subject) -> None:
    """The matrix beside the images of the cell that is chosen in it; without a choice, all mistakes."""
    matrix, images = two_panes(MATRIX_WIDTH)
    with matrix:
        true, predicted = _choose_cell(subject)
    with images:
        draw_gallery(subject, true, predicted)


def _choose_cell(subject: Subject) -> Cell:
    """The matrix and two select boxes that choose the same cell."""
    predictions, names, scope = subject.predictions, subject.info.class_names, subject.scope
    matrix = confusion_matrix(predictions.targets, predictions.predicted, len(names))
    modes: tuple[MatrixMode, ...] = ("counts", "by row", "by column")
    mode = st.segmented_control(
        "Cells show",
        modes,
        default="counts",
        format_func=str.capitalize,
        required=True,
        key="matrix-mode",
        persist_state="session",
        help="By row: of a true class, the share called so (recall on the diagonal). "
        "By column: of what was called so, the share of each true class (precision on the diagonal).",
    )
    picture = st.container()
    options = [ANY, *names]
    boxes = ("True class", f"true-class-{scope}"), ("Predicted class", f"predicted-class-{scope}")
    chosen = [
        column.selectbox(label, options, key=key) for column, (label, key) in zip(st.columns(2), boxes, strict=True)
    ]
    true, predicted = (None if name == ANY else options.index(name) - 1 for name in chosen)
    picture.plotly_chart(
        confusion_figure(matrix, names, mode, TEXT_ON[st.context.theme.type or "light"], (true, predicted)),
        key=f"matrix-{scope}",
        on_select=lambda: _take_click(scope, names),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Confusion matrix of {len(names)} classes; the select boxes below choose a cell by keyboard",
    )
    return true, predicted


def _take_click(scope: str, names: tuple[str, ...]) -> None:
    """A click on a cell sets both boxes; a click beside the cells sets them free."""
    points: list[dict[str, Any]] = st.session_state[f"matrix-{scope}"]["selection"]["points"]
    true, predicted = points[0]["customdata"] if points else (None, None)
    st.session_state[f"true-class-{scope}"] = ANY if true is None else names[true]
    st.session_state[f"predicted-class-{scope}"] = ANY if predicted is None else names[predicted]
