"""Which runs the page shows, in which order, and which page of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cifar_core.data import DATASET_NAMES, dataset_info
from cifar_core.protocol import PROTOCOL_TITLES, Protocol
from cifar_core.runs import RunFilter, RunOrder, RunState, RunStore
from cifar_core.ui.keeping import KEPT
from cifar_core.words import count, counted

ROWS_A_PAGE = 50
FIND, STATES, DATASETS, PROTOCOLS, TAGS, SORT = "find", "state", "data", "protocol", "tag", "sort"
"""Keys of the widgets, and so their names in the URL."""
_ANY: dict[str, Any] = {"placeholder": "Any", "width": 128, **KEPT}
_PROTOCOL_NAMES: dict[Protocol, str] = {
    protocol: title.partition(":")[0] for protocol, title in PROTOCOL_TITLES.items()
}


def choose_filter(store: RunStore, deleted: bool = False) -> RunFilter:
    """The widgets of the filter, kept over changes of page and in the URL; to be drawn in a row."""
    tags = [*store.known_tags(), *st.session_state.get(TAGS, ())]  # also the one that the last run with it has lost
    text = st.text_input("Search", type="search", key=FIND, placeholder="Name, note, tag or id", width=200, **KEPT)
    states = st.multiselect("State", [str(state) for state in RunState], key=STATES, **_ANY)
    datasets = st.multiselect(
        "Data set", DATASET_NAMES, format_func=lambda name: dataset_info(name).title, key=DATASETS, **_ANY
    )
    protocols = st.multiselect(
        "Protocol",
        list(PROTOCOL_TITLES),
        format_func=_PROTOCOL_NAMES.__getitem__,
        key=PROTOCOLS,
        help=" ".join(f"{title}." for title in PROTOCOL_TITLES.values()),
        **_ANY,
    )
    chosen_tags = st.multiselect(
        "Tags", sorted(set(tags), key=str.casefold), key=TAGS, help="A run needs one of them.", **_ANY
    )
    return RunFilter(
        text=text or "",
        states=tuple(RunState(state) for state in states),
        datasets=tuple(datasets),
        protocols=tuple(protocols),
        tags=tuple(chosen_tags),
        deleted=deleted,
    )


def choose_order() -> RunOrder:
    """A select box, to be drawn in the same row."""
    titles = {str(order): str(order).capitalize() for order in RunOrder}
    order = st.selectbox("Sort by", list(titles), format_func=titles.__getitem__, key=SORT, width=150, **KEPT)
    return RunOrder(order)


def choose_offset(found: int, noun: str, of: tuple[object, ...]) -> int:
    """How many there are, and which page of a long table is shown; to be drawn in the same row.

    Args:
        found: rows of all pages.
        noun: what one row is, "run".
        of: filter and order: with another one the first page comes again.

    Returns:
        How many rows stand before that page.
    """
    pages = max(-(-found // ROWS_A_PAGE), 1)
    number = 1
    if pages > 1:
        key = f"page-of-{noun}"
        if st.session_state.get(f"{key}.of") != of:
            st.session_state[f"{key}.of"], st.session_state[key] = of, 1
        st.session_state[key] = min(st.session_state.get(key, 1), pages)
        number = int(st.number_input("Page of the table", 1, pages, key=key, width=140, persist_state="session"))
    first = (number - 1) * ROWS_A_PAGE
    of_all = f", {count(first + 1)} to {count(min(first + ROWS_A_PAGE, found))} shown" if pages > 1 else ""
    st.caption(counted(found, noun) + of_all, width="content")
    return first


def clear_filter() -> None:
    """Lets all runs through again; for a callback."""
    for key in (FIND, STATES, DATASETS, PROTOCOLS, TAGS):
        st.session_state[key] = "" if key == FIND else []


def nothing_passes() -> None:
    """What stands in place of a table whose filter lets nothing through."""
    st.info("No run passes this filter.", icon=":material/filter_alt_off:")
    st.button("Clear the filter", icon=":material/filter_alt_off:", key="clear-filter", on_click=clear_filter)
