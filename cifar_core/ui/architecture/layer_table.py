"""The layer table: every layer with its shapes, field and cost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.architecture import ArchitectureDescription, LayerRow
from cifar_core.architecture.layer_table import as_csv, as_markdown, seed_columns
from cifar_core.ui.colors import PALETTE
from cifar_core.words import count, percent


def show_layers(description: ArchitectureDescription, image_size: int) -> None:
    """The table, short or in the seed's thirteen columns, with copies to take away."""
    heading = st.container(horizontal=True, vertical_alignment="center", gap="large")
    heading.markdown("**Layers**")
    seed_form = heading.toggle(
        "The seed's columns", key="seed-columns", help="Map, jump and field of each layer's input and of its output."
    )
    if seed_form:
        st.dataframe(pd.DataFrame(seed_columns(description)), hide_index=True, height="content", key="layers-seed")
    else:
        _show_short(description, image_size)
    with st.container(horizontal=True):
        _copy("CSV", as_csv(description), f"{description.name}.csv", "text/csv")
        _copy("Markdown", as_markdown(description), f"{description.name}.md", "text/markdown")


def _copy(label: str, text: str, file_name: str, mime: str) -> None:
    st.download_button(label, text, file_name, mime, icon=":material/download:", on_click="ignore", key=f"copy-{label}")


def _show_short(description: ArchitectureDescription, image_size: int) -> None:
    rows = [_short(row, image_size) for row in description.layers]
    for before, row in zip([None, *description.layers], rows, strict=False):
        if before is not None and before.block == row["block"]:
            row["block"] = ""  # told once: the eye groups by it
    column = st.column_config
    states = _STATES_HELP.format(size=image_size, whole=2 * image_size - 1)
    whole = {"params": max(description.params, 1), "macs": max(description.macs, 1)}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="layers-short",
        column_config={
            "block": column.TextColumn(pinned=True, width=56),
            "layer": column.TextColumn(pinned=True, width=66),
            "operation": column.TextColumn(width=92),
            "map": column.TextColumn(help="Side of the input and of the output map, in cells."),
            "k / s / d / p": column.TextColumn(help="Kernel size / stride / dilation / padding."),
            "jump": column.NumberColumn(help="Input pixels between neighbouring cells of the output map.", width=56),
            "field": column.NumberColumn(help="Receptive field of an output cell, in px.", width=56),
            "its input sees": column.TextColumn(width=92, help=states),
            "params": _bar("parameters", "share of all parameters", whole["params"], PALETTE[0]),
            "macs": _bar("MACs", "share of all MACs", whole["macs"], PALETTE[6]),
            "never read": column.TextColumn(width=78, help="Output cells that no later layer reads."),
            "constant": column.TextColumn(width=70, help="Output cells that never change."),
            "MACs lost": column.TextColumn(width=84, help="Spent on cells that are never read, or constant."),
        },
    )


_STATES_HELP = (
    "What one cell of the layer's input sees. Part: less than the image's {size} px. Edge: {size} px or more, so that "
    "this layer adds area only for cells off the centre. All: {whole} px or more, no new area for any cell. None of it "
    "is a fault: the rule itself asks to pass the image's side."
)


def _short(row: LayerRow, image_size: int) -> dict[str, object]:
    """What the table shows at first: numbers that belong together in one column."""
    return {
        "block": row.block,
        "layer": row.name,
        "operation": row.op,
        "map": f"{row.n_in} → {row.n_out}",
        "channels": f"{row.c_in} → {row.c_out}",
        "k / s / d / p": f"{row.kernel} / {row.stride} / {row.dilation} / {row.padding}",
        "jump": row.j_out,
        "field": row.r_out,
        "its input sees": _state(row.r_in, image_size),
        "params": row.params,
        "macs": row.macs,
        "never read": _share(row.unread),
        "constant": _share(row.constant),
        "MACs lost": "" if not row.wasted_macs else count(row.wasted_macs),
    }


def _state(field: int, image_size: int) -> str:
    if field < image_size:
        return f"{field} px, part"
    return f"{field} px, edge" if field < 2 * image_size - 1 else f"{field} px, all"


def _share(share: float | None) -> str:
    return "" if share == 0 else percent(share)


def _bar(title: str, what: str, whole: int, color: str) -> Any:
    return st.column_config.ProgressColumn(
        title,
        format="localized",
        min_value=0,
        max_value=whole,
        color=color,
        width=116,
        help=f"The bar is the {what}.",
    )
