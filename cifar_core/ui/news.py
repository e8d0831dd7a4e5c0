"""Short sentences on what was done, told as toasts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cifar_core.errors import LabError
from cifar_core.words import plain

_NEWS = "news"
"""Sentences that are yet to be told, each with its icon."""


def add_news(sentence: str, icon: str) -> None:
    """Keeps a sentence for `tell_news`.

    A toast would be lost if the page is drawn once more right behind it, and a callback must draw nothing. A run that
    was stopped before it began would be told of twice: by the click, and by its end.
    """
    news = st.session_state.get(_NEWS, [])
    if sentence not in [told for told, _ in news]:
        st.session_state[_NEWS] = [*news, (sentence, icon)]


def tell_news() -> None:
    """A toast for each sentence that was kept."""
    for sentence, icon in st.session_state.pop(_NEWS, ()):
        st.toast(sentence, icon=icon, duration="long")


def told(act: Callable[[], None]) -> None:
    """Does what a click asks for; where that is refused, or comes too late, the reason is news. For callbacks."""
    try:
        act()
    except LabError as error:
        add_news(plain(str(error)), ":material/info:")
