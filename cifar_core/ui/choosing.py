"""Select boxes that lay a preset, or something saved, on the workbench: for pages that edit neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from cifar_core.ui.starts import Starts, architecture_starts, augmentation_starts
from cifar_core.ui.workbench import (
    augmentation_preset_on_workbench,
    current_workbench,
    preset_on_workbench,
    start_from_architecture,
    start_from_augmentation,
)

_AS_IT_IS = ""
"""Stands for what was edited, among names, none of which is empty."""


def choose_architecture() -> None:
    """A select box over the presets and the saved networks, and the one on the workbench where that was edited."""
    bench = current_workbench()
    edited_name = bench.architecture.name if "architecture" in bench.edited else None
    _choose(
        "Architecture",
        architecture_starts(),
        preset_on_workbench().name,
        edited_name,
        start_from_architecture,
        "Another one brings its own augmentation and recipe.",
    )


def choose_augmentation_preset() -> None:
    """A select box over the preset and saved augmentations, and the one on the workbench where that was edited."""
    bench = current_workbench()
    edited_name = bench.augmentation.name if "augmentation" in bench.edited else None
    _choose(
        "Augmentation",
        augmentation_starts(),
        augmentation_preset_on_workbench().name,
        edited_name,
        start_from_augmentation,
        "What happens to each training image before the network sees it.",
    )


def _choose(
    label: str, starts: Starts[Any], base: str, edited_name: str | None, start_from: Callable[[str], None], help: str
) -> None:
    key = f"choose-{label.lower()}"
    # The workbench is what counts: the box shows what lies there, whoever laid it.
    st.session_state[key] = base if edited_name is None else _AS_IT_IS

    def lay_chosen() -> None:
        if st.session_state[key] != _AS_IT_IS:
            start_from(st.session_state[key])

    st.selectbox(
        label,
        [*([] if edited_name is None else [_AS_IT_IS]), *starts.names],
        format_func=lambda name: starts.title(name) if name else f"{edited_name}, edited",
        key=key,
        on_change=lay_chosen,
        help=help,
    )
