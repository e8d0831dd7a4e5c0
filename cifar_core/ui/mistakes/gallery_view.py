"""The images of a cell of the matrix, or the mistakes, worst first."""

from __future__ import annotations

import streamlit as st

from cifar_core.analysis.mistakes import ORDER_TITLES, MistakeOrder, rank_mistakes, select_cell
from cifar_core.ui.mistakes.image_pages import draw_image_pages
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.words import counted


def draw_gallery(subject: Subject, true: int | None, predicted: int | None) -> None:
    """The images of the chosen cell: the misclassified ones worst first, or all of a right cell.

    Args:
        subject: whose.
        true: only images of this class.
        predicted: only images called this class.
    """
    controls = st.container(horizontal=True)
    key = f"{subject.scope}-{true}-{predicted}"
    is_right_cell = true is not None and true == predicted
    if is_right_cell:
        found = select_cell(subject.predictions, true, predicted)
    else:
        with controls:
            order: MistakeOrder = st.selectbox(
                "Order",
                list(ORDER_TITLES),
                format_func=lambda order: ORDER_TITLES[order],
                key="mistakes-order",
                persist_state="session",
            )
        key += f"-{order}"  # another order begins at its first page
        found = rank_mistakes(subject.predictions, order, true, predicted)
    if not len(found):
        st.info("There is no such image: nothing in this cell.", icon=":material/info:")
        return
    what = counted(len(found), "right answer" if is_right_cell else "mistake")
    st.caption(f"{what}: of each its class, then what the network said and how sure it was.")
    draw_image_pages(subject, found, key, controls=controls)
