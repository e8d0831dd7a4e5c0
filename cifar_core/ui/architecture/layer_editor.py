"""The body of the network as a table to edit."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.editing.rows import COLUMNS, rows_of, with_row_edits
from cifar_core.architecture.editing.step_words import VOCABULARY
from cifar_core.ui.architecture.changing import change_architecture, forget_problem, tell_problem

_TABLE = "architecture.table"
"""What the editor's table stands for: the network that it shows without edits, the one they made, and its number."""
_NUMERIC = ("out_channels", "kernel_size", "stride", "dilation", "channel_multiplier")


def edit_layers(spec: ArchitectureSpec) -> None:
    """An editable table of the body; each valid edit is the network at once, a refused one stays to be corrected."""
    table = _table_for(spec)
    base = ArchitectureSpec.parse(table["base"])
    key = f"rows-{table['number']}"
    st.data_editor(
        _frame(base),
        key=key,
        num_rows="dynamic",
        hide_index=True,
        height="content",
        column_config=_columns(),
        column_order=_shown(base),
        on_change=_apply,
        args=(key,),
        placeholder="",
        alt="Layers of the network's body, one row each, to be edited",
    )
    st.caption(
        "Click a cell and type. A row added at the end needs no more than what differs from a plain convolution."
    )
    if tell_problem():
        st.button("Discard what was typed", icon=":material/undo:", key="discard", on_click=_discard)


def _table_for(spec: ArchitectureSpec) -> dict[str, Any]:
    """Edits add up on one base, so that the table keeps its place and focus; another change makes a new table."""
    table: dict[str, Any] = st.session_state.get(_TABLE, {"base": None, "result": None, "number": 0})
    now = spec.to_json()
    # Streamlit forgets the edits of a table that was not drawn for a while: they are in the network, not in the base.
    forgotten = table["base"] != now and f"rows-{table['number']}" not in st.session_state
    if table["result"] != now or forgotten:
        table = {"base": now, "result": now, "number": table["number"] + 1}
        st.session_state[_TABLE] = table
    return table


def _apply(key: str) -> None:
    delta, table = st.session_state[key], st.session_state[_TABLE]
    base = ArchitectureSpec.parse(table["base"])
    edited = {int(row): cells for row, cells in delta["edited_rows"].items()}
    changed = change_architecture(
        partial(with_row_edits, base, edited, delta["added_rows"], sorted(map(int, delta["deleted_rows"])))
    )
    if changed is not None:
        told = not delta["added_rows"] and not delta["deleted_rows"] and _as_shown(base, edited) == rows_of(changed)
        # What the table would not show by itself (row numbers, channels that follow from an edit above) is drawn anew.
        st.session_state[_TABLE] = {**table, "result": changed.to_json() if told else None}


def _as_shown(base: ArchitectureSpec, edited: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the browser shows now."""
    return [{**row, **edited.get(at, {})} for at, row in enumerate(rows_of(base))]


def _discard() -> None:
    forget_problem()
    st.session_state[_TABLE] = {**st.session_state[_TABLE], "result": None}


def _frame(spec: ArchitectureSpec) -> pd.DataFrame:
    rows = [{"row": number, **row} for number, row in enumerate(rows_of(spec), 1)]
    frame = pd.DataFrame(rows, columns=["row", *COLUMNS])
    # Named kinds: a column of branches alone, or of no rows at all, would otherwise be guessed.
    whole = dict.fromkeys(("row", *_NUMERIC), "Int64")
    text = dict.fromkeys(set(COLUMNS) - {*_NUMERIC, "bias"}, "object")
    return frame.astype({**whole, **text, "bias": "boolean"})


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "row": column.NumberColumn("", disabled=True, width=40, pinned=True),
        "block": column.TextColumn(width=72, max_chars=16, help="One block is a run of rows with one label."),
        "kind": column.TextColumn(disabled=True, width=150),
        "out_channels": column.NumberColumn("channels", width=92),
        "kernel_size": column.NumberColumn("kernel", width=80),
        "stride": column.NumberColumn(width=76),
        "padding": column.TextColumn(width=88, help="Cells on each side, or same (with stride 1)."),
        "dilation": column.NumberColumn(width=86),
        "groups": column.TextColumn(width=96, help="A number, or depthwise: one group a channel."),
        "bias": column.CheckboxColumn(width=66),
        "steps": column.TextColumn(width=300, help=f"In their order: {VOCABULARY}."),
        "channel_multiplier": column.NumberColumn(
            "multiplier", width=96, help="Output channels per input of a depthwise."
        ),
        "padding_mode": column.SelectboxColumn("padding mode", options=["zeros", "reflect", "replicate"], width=120),
    }


def _shown(spec: ArchitectureSpec) -> list[str]:
    """The columns in their order; what a row is must be told only where it may be a branch."""
    names = [name for name in _columns() if name != "kind"]
    return [*names[:2], "kind", *names[2:]] if any(node.type == "branch" for node in spec.nodes) else names
