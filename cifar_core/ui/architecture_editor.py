"""Widgets of the Architecture page."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.architecture import (
    ArchitectureDescription,
    ArchitecturePreset,
    ArchitectureSpec,
    RuleResult,
    block_widths,
    find_preset,
    preset_names,
    with_block_widths,
)
from cifar_core.ui.colors import PALETTE
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.workbench import DEFAULT_PRESET, forget_choices
from cifar_core.words import count, macs, percent

MIN_WIDTH, WIDEST = 4, 256


def choose_preset() -> ArchitecturePreset:
    """A select box over the presets, kept in the URL."""
    names = preset_names()
    name = st.selectbox(
        "Start from",
        names,
        index=names.index(DEFAULT_PRESET),
        format_func=lambda name: find_preset(name).title,
        key="preset",
        **KEPT,
        on_change=forget_choices,
        help="A preset brings its own augmentation and recipe.",
    )
    preset = find_preset(name)
    st.caption(preset.teaches)
    if preset.reconstructed:
        st.caption(f":material/info: Reconstructed: {preset.reconstructed}")
    return preset


def choose_widths(preset: ArchitecturePreset) -> ArchitectureSpec:
    """One slider a block, kept in the URL; returns the preset with those widths.

    Raises:
        SpecError: the widths give no valid network.
    """
    st.markdown("**Width of each block**")
    widths = {}
    for number, (block, width) in enumerate(block_widths(preset.spec).items()):
        if number % 2 == 0:
            columns = st.columns(2)
        widths[block] = columns[number % 2].slider(
            f"{block}, channels",
            MIN_WIDTH,
            max(WIDEST, width),
            width,
            key=_width_key(preset.name, block),
            **KEPT,
            help=f"The widest convolution of {block}; the others in the block keep their share of it.",
        )
    st.button(
        "Back to the preset's widths",
        icon=":material/restart_alt:",
        on_click=_reset_widths,
        args=(preset,),
        disabled=widths == block_widths(preset.spec),
    )
    return with_block_widths(preset.spec, widths)


def _width_key(preset_name: str, block: str) -> str:
    # A key for each preset: a slider whose default changes under one key would keep the former preset's width.
    return f"{preset_name}.{block}"


def _reset_widths(preset: ArchitecturePreset) -> None:
    for block, width in block_widths(preset.spec).items():
        st.session_state[_width_key(preset.name, block)] = width


def show_numbers(now: ArchitectureDescription, before: ArchitectureDescription) -> None:
    """The four figures of a network, with their difference from the preset it came from."""
    row = st.container(horizontal=True)
    row.metric(
        "Parameters", count(now.params), _difference(now.params - before.params), delta_color="inverse", border=True
    )
    row.metric(
        "Receptive field (before pooling)",
        f"{now.receptive_field} px",
        _difference(now.receptive_field - before.receptive_field),
        border=True,
        help=f"Nominally {now.receptive_field_with_pooling} px with the pooling, which sees the whole image.",
    )
    row.metric(
        "MACs an image",
        macs(now.macs),
        f"{(now.macs - before.macs) / 1e6:+.1f} M" if now.macs != before.macs else None,
        delta_color="inverse",
        border=True,
        help="Multiply-accumulates of convolutions and linear layers; padded positions count.",
    )
    row.metric(
        "Coverage",
        percent(now.coverage),
        border=True,
        help="Share of the receptive field's square that any path reaches; dilation can leave holes.",
    )


def warn_of_holes(description: ArchitectureDescription) -> None:
    """Says so where the field's square has pixels that no path reaches."""
    if description.coverage < 1:
        st.warning(
            f"Paths reach only {percent(description.coverage)} of the {description.receptive_field} x "
            f"{description.receptive_field} square: the dilations skip the other pixels, whatever the rule says.",
            icon=":material/grid_4x4:",
        )


def _difference(number: int) -> str | None:
    return f"{number:+,}" if number else None


def show_rules(rules: tuple[RuleResult, ...]) -> None:
    """Rules as chips, each with the sentence that says by how much."""
    for rule in rules:
        if rule.passed:
            color, icon = "green", "check"
        elif rule.required:
            color, icon = "red", "close"
        else:
            color, icon = "gray", "remove"
        value = f"{rule.value:,}" if isinstance(rule.value, int) else rule.value
        asked = f"asked: {rule.limit}" if rule.required else f"optional: {rule.limit}".removesuffix(": optional")
        st.markdown(f":{color}-badge[:material/{icon}: {rule.title}: {value} ({asked})] :small[{rule.detail}]")


def show_layers(description: ArchitectureDescription) -> None:
    """The layer table, with the shares of parameters and MACs as bars."""
    heading, switch = st.columns([3, 1], vertical_alignment="center")
    heading.markdown("**Layers**")
    every_column = switch.toggle("All columns", help="Map, jump and field of each layer's input as well as its output.")
    rows = [row.model_dump() for row in description.layers]
    table = pd.DataFrame(rows if every_column else [_short(row) for row in rows])
    table["padding"] = table["padding"].astype(str)
    column = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "name": column.TextColumn("layer", pinned=True),
            "op": column.TextColumn("operation"),
            "map": column.TextColumn("map, cells", help="Side of the input and of the output map"),
            "jump": column.NumberColumn("jump, px", help="Input pixels between neighbouring cells of the output map"),
            "field": column.NumberColumn("field, px", help="Receptive field: side of the square a cell depends on"),
            "j_in": column.NumberColumn(help="Input pixels between neighbouring cells of the input map"),
            "j_out": column.NumberColumn(help="Input pixels between neighbouring cells of the output map"),
            "r_in": column.NumberColumn(help="Receptive field of the input map, in pixels"),
            "r_out": column.NumberColumn(help="Receptive field of the output map, in pixels"),
            "params": _bar("parameters", table["params"], PALETTE[0]),
            "macs": _bar("MACs", table["macs"], PALETTE[6]),
        },
    )


def _short(row: dict[str, object]) -> dict[str, object]:
    """What the table shows at first: two numbers that belong together in one column."""
    return {
        "name": row["name"],
        "op": row["op"],
        "map": f"{row['n_in']} → {row['n_out']}",
        "channels": f"{row['c_in']} → {row['c_out']}",
        "kernel": row["kernel"],
        "stride": row["stride"],
        "dilation": row["dilation"],
        "padding": row["padding"],
        "jump": row["j_out"],
        "field": row["r_out"],
        "params": row["params"],
        "macs": row["macs"],
    }


def _bar(title: str, values: pd.Series[int], color: str) -> Any:
    return st.column_config.ProgressColumn(
        title, format="localized", min_value=0, max_value=max(int(values.max()), 1), color=color
    )
