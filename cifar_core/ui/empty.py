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


def no_runs_yet() -> None:
    """The empty state of the pages that show runs."""
    empty_state(
        "There are no runs yet. Train a first one: on handwritten digits it takes about a minute on a CPU.",
        "pages/training.py",
        "Go to Training",
        ":material/play_circle:",
    )
