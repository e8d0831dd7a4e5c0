"""What a page shows where there is nothing to show yet: what is missing, and the way to it."""

from __future__ import annotations

import streamlit as st


def empty_state(sentence: str, target: str, label: str, icon: str) -> None:
    """A box with one sentence and one link.

    Args:
        sentence: what is missing.
        target: the page that gets it, "pages/training.py".
        label: what the link does there.
        icon: a Material icon.
    """
    with st.container(border=True):
        st.markdown(sentence)
        st.page_link(target, label=label, icon=icon)
