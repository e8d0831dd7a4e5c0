"""The receptive field, seen: over a photograph, and where the gradient really lies."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureDescription, ArchitectureSpec, Layer, RuleLimits, before_pooling
from cifar_core.architecture.paths import path_counts, visible_square
from cifar_core.data.datasets import IMAGE_SIZE
from cifar_core.ui import resources
from cifar_core.ui.architecture.effective_view import draw_effective, measured_outlines
from cifar_core.ui.figures.field import field_figure
from cifar_core.ui.figures.seen import Seen, seen_figure
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.panes import two_panes
from cifar_core.words import percent, plain

_CELLS = {"Centre": 0.5, "Off-centre": 0.25, "Corner": 0.0}


def show_field(spec: ArchitectureSpec, description: ArchitectureDescription, limits: RuleLimits) -> None:
    """The field of a chosen layer's cell on a photograph, beside the squares of all layers."""
    counted = before_pooling(spec.layers)
    if not counted:
        st.info("No layer stands before the pooling: each cell sees one pixel.", icon=":material/info:")
        return
    controls, picture = two_panes()
    with controls:
        layer, cell = _choose_cell(counted)
        played = st.toggle("Play button", key="played", help="To watch the field grow, layer by layer.", **KEPT)
        _tell_layer(counted[layer], description)
        st.plotly_chart(
            field_figure(spec.layers, spec.input.size, limits.receptive_field_above, height=330),
            key="field",
            config={"displayModeBar": False},
            alt=f"Nested squares up to a receptive field of {description.receptive_field} pixels",
        )
    with picture:
        _draw_photo(spec, counted, layer, cell, played)
    draw_effective(spec)


def _choose_cell(counted: tuple[Layer, ...]) -> tuple[int, str]:
    names = [layer.name for layer in counted]
    if st.session_state.get("field-layer") not in names:
        # One whose square still lies within the photograph shows best what a field is.
        within = [layer.name for layer in counted if layer.r_out <= IMAGE_SIZE]
        st.session_state["field-layer"] = within[-1] if within else names[0]
    name = st.select_slider("Layer", names, key="field-layer") if len(names) > 1 else names[0]
    cell = st.segmented_control("Cell of its map", _CELLS, default="Centre", required=True, key="field-cell", **KEPT)
    return names.index(name), cell or "Centre"


def _tell_layer(layer: Layer, description: ArchitectureDescription) -> None:
    st.markdown(
        f"One cell of **{plain(layer.name)}** ({layer.op}) can depend on **{layer.r_out} x {layer.r_out} px**; "
        f"its neighbour's square lies {layer.jump_out} px further."
    )
    if description.coverage is not None:
        st.caption(
            f"Paths reach {percent(description.coverage)} of the {description.receptive_field} px square of the last "
            "layer. A pixel is the brighter, the more paths lead from it to the cell (square root of their number); "
            "dark ones are never reached."
        )


def _draw_photo(spec: ArchitectureSpec, counted: tuple[Layer, ...], chosen: int, cell: str, played: bool) -> None:
    size = spec.input.size
    if size != IMAGE_SIZE:
        st.info(
            f"The network reads {size} x {size} px; the photographs are of {IMAGE_SIZE} px.", icon=":material/info:"
        )
        return
    photos, source = resources.photos()
    number = st.session_state.get("photo", 1) if len(photos) > 1 else 1
    photo = photos[min(int(number), len(photos)) - 1]
    layer, where = counted[chosen], _CELLS[cell]
    last = chosen == len(counted) - 1 and cell == "Centre"
    figure = seen_figure(
        photo,
        _seen(spec, chosen, layer, where),
        measured_outlines(spec) if last else (),
        [_seen(spec, position, each, where) for position, each in enumerate(counted)] if played else (),
    )
    st.plotly_chart(
        figure,
        key="seen",
        config={"displayModeBar": False},
        alt=f"What the {cell.lower()} cell of {layer.name} sees of a photograph: {layer.r_out} pixels square",
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"Photograph: {source}, {size} x {size} px. What lies beyond the dotted border is padding.")
        if len(photos) > 1:
            st.number_input("Photograph", 1, len(photos), 1, key="photo", width=130)


def _seen(spec: ArchitectureSpec, position: int, layer: Layer, where: float) -> Seen:
    row = int(where * layer.n_out) if where else 0
    counts = path_counts(spec.layers, spec.input.size, position, row, row)
    return Seen(layer.name, counts, visible_square(layer, row, row))
