"""Tables whose ticks stand for ids: wherever a row moves, on pages, by filters and refreshes, its tick stays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

RUNS = "runs-table"
"""Name of the table of all runs: what is chosen in it is what the page is about."""


def chosen_in(name: str) -> list[str]:
    """The ids that are ticked in a table, shown at the moment or not, in the order of their ticking."""
    return list(st.session_state.get(_key(name, "chosen"), ()))


def choose_in(name: str, ids: Sequence[str]) -> None:
    """Ticks these ids in a table and no others; before it is drawn."""
    st.session_state[_key(name, "chosen")] = tuple(dict.fromkeys(ids))


def tick_table(
    name: str,
    rows: Mapping[str, dict[str, object]],
    columns: Mapping[str, Any],
    selection_mode: Literal["multi-row", "single-row"] = "multi-row",
) -> list[str]:
    """Draws a table with a tick before each row.

    Args:
        name: of the table; what is ticked in it is kept under this name for the session.
        rows: what each row shows, by the id that it stands for; at least one.
        columns: their `st.column_config`.
        selection_mode: as in `st.dataframe`.

    Returns:
        The ticked ids, those of rows that are not shown now included.
    """
    ids = list(rows)
    # A tick is the number of a row. Where rows move the key is another one, and what the browser said of the former
    # rows counts no more.
    key = f"{name}-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"
    told = sorted(st.session_state[key]["selection"]["rows"]) if key in st.session_state else None
    if told is not None and (key, told) != st.session_state.get(_key(name, "drawn")):
        choose_in(name, after_ticking(chosen_in(name), ids, told, selection_mode == "single-row"))
    chosen = chosen_in(name)
    ticks = [at for at, row_id in enumerate(ids) if row_id in chosen]
    if ticks != (told or []):
        st.session_state[key] = {"selection": {"rows": ticks, "columns": [], "cells": []}}
    st.session_state[_key(name, "drawn")] = (key, ticks)
    st.dataframe(
        pd.DataFrame(list(rows.values())),
        hide_index=True,
        on_select="rerun",
        selection_mode=selection_mode,
        key=key,
        placeholder="-",
        column_config=dict(columns),
    )
    return chosen


def after_ticking(before: Sequence[str], ids: Sequence[str], ticks: Sequence[int], is_single: bool) -> list[str]:
    """What is chosen after a person ticked some rows and no others.

    Args:
        before: what was chosen, in sight or not.
        ids: what the rows in sight stand for.
        ticks: numbers of the rows that are ticked now.
        is_single: whether only one may be chosen.
    """
    ticked = [ids[at] for at in ticks if at < len(ids)]
    if is_single:
        return ticked
    kept = [row_id for row_id in before if row_id not in ids or row_id in ticked]
    return [*kept, *(row_id for row_id in ticked if row_id not in kept)]


def _key(name: str, what: str) -> str:
    return f"{name}.{what}"
