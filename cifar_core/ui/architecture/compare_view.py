"""Two networks side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cifar_core.architecture import ArchitectureSpec, describe
from cifar_core.architecture.editing.comparison import ComparedLayer, Comparison, compare
from cifar_core.ui.architecture.changing import replace_architecture
from cifar_core.ui.colors import PALETTE, faded
from cifar_core.ui.figures.blocks import block_figure
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.panes import two_panes
from cifar_core.ui.starts import architecture_starts
from cifar_core.ui.workbench import start_from_architecture
from cifar_core.words import count, macs, percent, plain

_KEPT_NETWORK = "architecture.kept"
_KEPT, _KEPT_TITLE = "", "the network kept here"
"""Among names, none of which is empty."""
_MARKS = {"same": "", "changed": "≠ differs", "only left": "← only here", "only right": "→ only there"}
_FIELDS = (
    *("op", "c_out", "kernel", "stride", "dilation", "padding", "groups", "bias", "padding_mode", "steps"),
    *("n_out", "r_out", "params", "macs"),
)
_TITLES = {
    "c_out": "channels",
    "n_out": "map",
    "r_out": "field",
    "params": "parameters",
    "macs": "MACs",
    "padding_mode": "border",
}


def compare_networks(spec: ArchitectureSpec) -> None:
    """The network on the workbench beside a preset, a saved one, or one that was kept a while ago."""
    controls, chart = two_panes()
    with controls:
        other, other_name = _choose_other(spec)
        _tell_totals(spec, other)
    comparison = compare(spec, other)
    with chart:
        st.plotly_chart(
            block_figure(comparison.left_blocks, comparison.right_blocks, "this network", other_name),
            key="blocks",
            config={"displayModeBar": False},
            alt="Parameters and MACs of each block, both networks",
        )
    only_differences = st.toggle("Only what differs", value=False, key="only-differences", **KEPT)
    _show_rows(comparison, other_name, only_differences)


def _choose_other(spec: ArchitectureSpec) -> tuple[ArchitectureSpec, str]:
    kept, starts = st.session_state.get(_KEPT_NETWORK), architecture_starts()
    names = [*([_KEPT] if kept else []), *starts.names]
    name = st.selectbox("Beside", names, format_func=_title, key="beside", persist_state="session")
    st.button(
        "Keep the network as it is now",
        icon=":material/bookmark_add:",
        help="Then edit on, and compare with what was kept.",
        on_click=_keep,
        args=(spec.to_json(),),
    )
    other = ArchitectureSpec.parse(kept) if name == _KEPT and kept else starts.find(name).spec
    st.button(
        "Go on with the other one",
        icon=":material/swap_horiz:",
        on_click=_go_on_with,
        args=(None if name == _KEPT else name, other),
        disabled=other == spec,
    )
    return other, _title(name)


def _title(name: str) -> str:
    return _KEPT_TITLE if name == _KEPT else architecture_starts().title(name)


def _go_on_with(preset_name: str | None, other: ArchitectureSpec) -> None:
    if preset_name is None:
        replace_architecture(other)
    else:
        start_from_architecture(preset_name)


def _keep(spec_json: str) -> None:
    st.session_state[_KEPT_NETWORK] = spec_json
    st.session_state["beside"] = _KEPT


def _tell_totals(left: ArchitectureSpec, right: ArchitectureSpec) -> None:
    one, other = describe(left), describe(right)
    totals = {
        "parameters": (count(one.params), count(other.params)),
        "receptive field": (f"{one.receptive_field} px", f"{other.receptive_field} px"),
        "coverage": (percent(one.coverage), percent(other.coverage)),
        "MACs": (macs(one.macs), macs(other.macs)),
        "layers": (str(len(one.layers)), str(len(other.layers))),
    }
    rows = [{"": name, "this": a, "other": b, "differs": "≠" if a != b else ""} for name, (a, b) in totals.items()]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="totals")


def _show_rows(comparison: Comparison, other_name: str, only_differences: bool) -> None:
    shown = [row for row in comparison.rows if row.status != "same" or not only_differences]
    if not shown:
        st.info("The two networks do not differ in any layer.", icon=":material/check:")
        return
    table = pd.DataFrame(map(_row, shown))
    st.dataframe(table.style.map(_highlight), hide_index=True, height="content", key="compared")
    st.caption(
        f"Where a figure differs, it stands as this network's → the one of {plain(other_name)}. Layers are paired by "
        "block, operation, kernel, stride and dilation, then by their order in the block."
    )


def _row(row: ComparedLayer) -> dict[str, str]:
    sides = [side for side in (row.left, row.right) if side is not None]
    cells = {"layer": sides[0].name, "": _MARKS[row.status]}
    for field in _FIELDS:
        # One value where both are alike, or where there is one side alone.
        cells[_TITLES.get(field, field)] = " → ".join(dict.fromkeys(_text(getattr(side, field)) for side in sides))
    return cells


def _highlight(cell: object) -> str:
    text = str(cell)
    return f"background-color: {faded(PALETTE[6], 0.2)}" if any(mark in text for mark in "→≠←") else ""


def _text(value: int | str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else value
