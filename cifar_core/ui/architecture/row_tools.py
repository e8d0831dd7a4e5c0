"""Buttons that move, add and remove rows, and what a table cannot hold, as JSON beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.editing.compact import compact_json
from cifar_core.architecture.editing.heads import head_choices, head_name
from cifar_core.architecture.editing.rows import inserted, last_layers, moved, without
from cifar_core.errors import SpecError
from cifar_core.ui.architecture.changing import change_architecture, times_discarded

_ROW, _HEAD = "row", "head"
_OWN = "own"
_ADDITIONS = (
    ("conv", "Convolution", ":material/add:", "A 3x3 convolution with batch norm and ReLU, as wide as the map there."),
    ("separable", "Separable pair", ":material/call_split:", "A depthwise 3x3 and the 1x1 that mixes its channels."),
    (
        "residual",
        "Residual block",
        ":material/alt_route:",
        "Two 3x3 convolutions, added to what they read.",
    ),
)


def draw_row_tools(spec: ArchitectureSpec) -> None:
    """A chosen row, and what can be done with it."""
    last = len(spec.nodes) - 1
    ends = last_layers(spec)
    row = -1
    if ends:
        st.session_state[_ROW] = min(st.session_state.get(_ROW, last), last)
        row = st.selectbox(
            "Row to move, remove or add behind",
            range(len(ends)),
            format_func=lambda at: f"{at + 1}: {ends[at].name}, {ends[at].op}, {ends[at].out_channels} channels",
            key=_ROW,
        )
    with st.container(horizontal=True):
        _button("Up", "arrow_upward", row <= 0, partial(moved, spec, row, -1), follow=-1)
        _button("Down", "arrow_downward", row in (-1, last), partial(moved, spec, row, 1), follow=1)
        _button("Remove", "delete", row < 0, partial(without, spec, row), follow=-1 if row == last else 0)
    with st.container(horizontal=True):
        for kind, label, icon, sentence in _ADDITIONS:
            st.button(
                label,
                icon=icon,
                help=sentence,
                key=f"add-{kind}",
                on_click=_act,
                args=(partial(inserted, spec, row, kind), 1),
            )


def _button(label: str, icon: str, disabled: bool, make: Callable[[], ArchitectureSpec], follow: int) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"row-{label.lower()}",
        disabled=disabled,
        on_click=_act,
        args=(make, follow),
    )


def _act(make: Callable[[], ArchitectureSpec], follow: int) -> None:
    if change_architecture(make) is not None:
        st.session_state[_ROW] = max(0, st.session_state.get(_ROW, -1) + follow)


def choose_head(spec: ArchitectureSpec) -> None:
    """A select box over the usual heads."""
    choices = head_choices(spec.num_classes)
    name = head_name(spec) or _OWN
    st.session_state[_HEAD] = name
    st.selectbox(
        "Head: pooling and classifier",
        [*choices, *([_OWN] if name == _OWN else [])],
        format_func=lambda name: choices[name].title if name in choices else "One of its own (as JSON)",
        key=_HEAD,
        on_change=_put_head,
        args=(spec,),
    )


def _put_head(spec: ArchitectureSpec) -> None:
    choice = head_choices(spec.num_classes).get(st.session_state[_HEAD])
    if choice is not None:
        change_architecture(lambda: spec.changed(head=choice.nodes))


def edit_json(spec: ArchitectureSpec) -> None:
    """The chosen row, or the head, as JSON: for what is nested, such as the paths of a branch."""
    parts = {"Chosen row": "row", "Head": "head"}
    part = st.segmented_control("As JSON", parts, default="Chosen row", required=True, key="json-part")
    row = st.session_state.get(_ROW, 0)
    if parts[part] == "row" and not spec.nodes:
        st.caption("There is no row: add one.")
        return
    text = compact_json(spec.head if parts[part] == "head" else spec.nodes[row])
    # A key for each text: a box whose contents change under one key would keep what stood there before.
    key = f"json-{hashlib.sha1(f'{part}{row}{text}{times_discarded()}'.encode()).hexdigest()[:12]}"
    st.text_area("JSON", text, key=key, height=240, label_visibility="collapsed")
    st.button(
        "Apply",
        icon=":material/check:",
        key="apply-json",
        on_click=_put_json,
        args=(spec, parts[part], row, key),
    )


def _put_json(spec: ArchitectureSpec, part: str, row: int, key: str) -> None:
    change_architecture(partial(_with_json, spec, part, row, st.session_state[key]))


def _with_json(spec: ArchitectureSpec, part: str, row: int, text: str) -> ArchitectureSpec:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"This is not JSON ({error}).") from None
    if part == "head":
        return spec.changed(head=data)
    nodes: list[Any] = [node.model_dump() for node in spec.nodes]
    nodes[row] = data
    return spec.changed(nodes=nodes)
