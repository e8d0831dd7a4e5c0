"""How the page's widgets change the network: all in one way, so that every change can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.errors import SpecError
from cifar_core.ui.workbench import preset_on_workbench, put_architecture
from cifar_core.words import plain

_PROBLEM, _BASE, _DISCARDED = "architecture.problem", "architecture.base", "architecture.discarded"


def change_architecture(make: Callable[[], ArchitectureSpec]) -> ArchitectureSpec | None:
    """Lays what `make` returns on the workbench; what is wrong with it is told on the page instead.

    For callbacks of widgets.

    Returns:
        The network; None if it was refused, and the workbench keeps the one before.
    """
    try:
        spec = make()
    except SpecError as error:
        st.session_state[_PROBLEM] = in_rows(str(error))
        return None
    st.session_state.pop(_PROBLEM, None)
    put_architecture(preset_on_workbench().name, spec)
    return spec


def replace_architecture(spec: ArchitectureSpec) -> None:
    """Lays a ready network on the workbench; for callbacks of buttons that apply one."""
    change_architecture(lambda: spec)


def base_of(kind: str, spec: ArchitectureSpec) -> ArchitectureSpec:
    """What a kind of change started from, as long as nothing else has changed its result since.

    Widths are rounded down: scaled from what was scaled before, a network would lose its ratios step by step.
    """
    base_json, result_json = st.session_state.get(f"{_BASE}.{kind}", (None, None))
    return ArchitectureSpec.parse(base_json) if result_json == spec.to_json() else spec


def remember_base(kind: str, base: ArchitectureSpec, result: ArchitectureSpec) -> None:
    """For `base_of`."""
    st.session_state[f"{_BASE}.{kind}"] = (base.to_json(), result.to_json())


def tell_problem() -> bool:
    """Says why the last change was refused, if it was."""
    sentence = st.session_state.get(_PROBLEM)
    if sentence:
        st.error(f"{plain(sentence)} The network is still the one before this change.", icon=":material/error:")
    return bool(sentence)


def forget_problem() -> None:
    """For when the refused change is given up."""
    st.session_state.pop(_PROBLEM, None)
    st.session_state[_DISCARDED] = times_discarded() + 1


def times_discarded() -> int:
    """How often a refused change was given up: boxes that hold one are drawn anew under another key."""
    return int(st.session_state.get(_DISCARDED, 0))


def in_rows(sentence: str) -> str:
    """A sentence of the grammar in the words of the table: "nodes[3]" is its row 4."""
    own = re.sub(
        r"\bnodes\[(\d+)\]", lambda found: f"row {int(found[1]) + 1}", sentence.removeprefix("ArchitectureSpec: ")
    )
    return own[:1].upper() + own[1:]
