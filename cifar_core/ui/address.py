"""The page's own parameters in the URL, read and written without losing a race against the browser.

The browser tells its URL with every click, and hears of a new one only at the end of a rerun's messages: a click before
that brings the former URL. Taken at its word it would undo what was just chosen, or leave the URL behind for good.
So a value that this page had before its present one counts as an echo, and is written anew. The price: a link from a
page to itself could not bring a former value back, and there is none.

Streamlit's own `bind="query-params"` does this for widgets; here is what lies in no single widget.
"""

from __future__ import annotations

import streamlit as st

_PAGE, _KNOWN = "address.page", "address.known"
_MOST = 50
"""Former values of a parameter that are known as echoes."""


def enter_page(title: str) -> bool:
    """Begins a page: what the URL said on another one says nothing here.

    Args:
        title: of the page; the same one again is a rerun of it.

    Returns:
        Whether the page was entered just now, from another one or by a URL.
    """
    is_new = st.session_state.get(_PAGE) != title
    if is_new:
        st.session_state[_PAGE], st.session_state[_KNOWN] = title, {}
    return is_new


def linked(name: str) -> str | None:
    """What a parameter says, or what it is about to say where the browser has not heard yet.

    Returns:
        The value; the same parameter given several times is one value with commas. None where it is missing.
    """
    told, known = _told(name), _known(name)
    if told == known[-1] or told in known[:-1]:
        return known[-1]
    _note(known, told)  # a link that was opened on this very page
    return told


def write(name: str, value: str | None) -> None:
    """Makes a parameter say something from now on; each write goes to the browser, so only where it must.

    Args:
        name: of the parameter.
        value: None, or no sign at all, takes it out of the URL.
    """
    value = value or None
    told, known = _told(name), _known(name)
    if told == value == known[-1]:
        return
    if value is not None:
        st.query_params[name] = value
    else:
        if told is None:
            st.query_params[name] = ""  # the removal of what is not there would not reach the browser
        del st.query_params[name]
    if known[-1] != value:
        _note(known, value)


def _note(known: list[str | None], value: str | None) -> None:
    known.append(value)
    del known[:-_MOST]


def _told(name: str) -> str | None:
    return ",".join(st.query_params.get_all(name)) or None


def _known(name: str) -> list[str | None]:
    """Every value that the parameter had since the page was entered, the present one last."""
    values: dict[str, list[str | None]] = st.session_state.setdefault(_KNOWN, {})
    return values.setdefault(name, [_told(name)])
