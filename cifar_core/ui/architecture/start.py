"""Where a design starts: a preset or saved network, one slider a block, and the way back."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cifar_core.architecture import (
    ArchitecturePreset,
    ArchitectureSpec,
    block_widths,
    preset_names,
    with_block_widths,
)
from cifar_core.ui.architecture.changing import base_of, change_architecture, forget_problem, remember_base
from cifar_core.ui.saving import save_architecture, tell_unreadable_architectures
from cifar_core.ui.starts import architecture_starts
from cifar_core.ui.workbench import (
    architecture_on_workbench,
    can_undo,
    preset_on_workbench,
    put_architecture,
    start_from_architecture,
    undo_architecture,
)
from cifar_core.words import plain

MIN_WIDTH, WIDEST = 4, 256
MAX_SLIDERS = 12
_PRESET = "preset"
_ASKED = "architecture.asked"
"""Widths that the sliders were moved to, of the network that they started from."""


def choose_preset() -> ArchitecturePreset:
    """A select box over presets and saved networks; one brings its augmentation and recipe along."""
    preset, starts = preset_on_workbench(), architecture_starts()
    st.session_state[_PRESET] = preset.name
    st.selectbox(
        "Start from",
        starts.names,
        format_func=starts.title,
        key=_PRESET,
        on_change=_start_from_chosen,
        help="A preset, or what was saved here. It brings its own augmentation and recipe.",
    )
    tell_unreadable_architectures()
    st.caption(preset.teaches)
    if preset.reconstructed:
        st.caption(f":material/info: Reconstructed: {preset.reconstructed}")
    return preset


def _start_from_chosen() -> None:
    start_from_architecture(st.session_state[_PRESET])
    forget_problem()


def choose_widths(spec: ArchitectureSpec) -> None:
    """One slider a block; a move scales all convolutions of the block, and those tied to them."""
    widths = block_widths(spec)
    if not widths:
        st.caption("No block has a convolution whose channels are free: there is no width to choose.")
        return
    st.markdown("**Width of each block**")
    if len(widths) > MAX_SLIDERS:
        st.caption(
            f"The first {MAX_SLIDERS} of {len(widths)} blocks; the others are edited as rows, or fitted together."
        )
    for number, (block, width) in enumerate(list(widths.items())[:MAX_SLIDERS]):
        if number % 2 == 0:
            columns = st.columns(2)
        # The network is what counts: a slider shows its width, whoever changed it.
        st.session_state[_width_key(block)] = width
        columns[number % 2].slider(
            f"{plain(block) or '(no label)'}, channels",
            min(MIN_WIDTH, width),
            max(WIDEST, width),
            key=_width_key(block),
            on_change=_scale,
            help=f"The widest convolution of {plain(block) or 'these layers'}; the others keep their share of it.",
        )


def _width_key(block: str) -> str:
    return f"width-{block}"


def _scale() -> None:
    spec = architecture_on_workbench()
    base, shown = base_of("widths", spec), block_widths(spec)
    asked: dict[str, int] = st.session_state.get(_ASKED, {}) if base != spec else {}
    now = {block: st.session_state.get(_width_key(block), width) for block, width in shown.items()}
    asked = {**asked, **{block: width for block, width in now.items() if width != shown[block]}}
    scaled = change_architecture(partial(with_block_widths, base, asked))
    if scaled == spec:
        # Its channels are tied to a block that was asked for before: what was moved last counts.
        base, asked = spec, {block: width for block, width in now.items() if width != shown[block]}
        scaled = change_architecture(partial(with_block_widths, base, asked))
    if scaled is not None:
        st.session_state[_ASKED] = asked
        remember_base("widths", base, scaled)


def draw_way_back(preset: ArchitecturePreset, spec: ArchitectureSpec) -> None:
    """Undo, back to what the network was made from, and a name for it."""
    is_preset = preset.name in preset_names()
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Undo", icon=":material/undo:", key="undo", on_click=_undo, disabled=not can_undo())
        st.button(
            "Back to the preset" if is_preset else "Back to saved",
            icon=":material/restart_alt:",
            key="reset",
            on_click=_back_to,
            args=(preset.name, preset.spec),
            disabled=spec == preset.spec,
        )
        save_architecture()


def _undo() -> None:
    undo_architecture()
    forget_problem()


def _back_to(name: str, spec: ArchitectureSpec) -> None:
    put_architecture(name, spec)
    forget_problem()
