"""Widgets over the fields of the TrainingSpec on the workbench.

The workbench is what counts: a widget shows what lies there, and a change goes there at once, through the spec's own
checks. What they refuse is told below it in their sentence, and the widget shows the last good value again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec
from cifar_core.ui.field_titles import TITLES, told_by_title
from cifar_core.ui.workbench import put_training, recipe_on_workbench, training_on_workbench
from cifar_core.words import plain

_PROBLEM, _KEPT = "recipe.problem", "recipe.kept"


def widget_key(path: str) -> str:
    """Of the widget over a field: "optimizer.momentum" -> "recipe.optimizer.momentum"."""
    return f"recipe.{path}"


def value_at(spec: TrainingSpec, path: str) -> Any:
    """The value of a field by its dotted path."""
    value: Any = spec
    for name in path.split("."):
        value = getattr(value, name)
    return value


def change_training(changes: Mapping[str, Any]) -> None:
    """Lays a changed spec on the workbench, or remembers why it was refused; for callbacks.

    Args:
        changes: values by dotted path.
    """
    spec = training_on_workbench()
    data = spec.model_dump()
    for path, value in changes.items():
        *parents, name = path.split(".")
        place = data
        for parent in parents:
            place = place[parent]
        place[name] = value
    try:
        changed = TrainingSpec.parse_typed(data)
    except SpecError as error:
        st.session_state[_PROBLEM] = next(iter(changes)), told_by_title(str(error))
        return
    st.session_state.pop(_PROBLEM, None)
    put_training(recipe_on_workbench().name, changed)


def _tell_problem(path: str) -> None:
    """Says why the last change was refused, if it was of this field: until the next change, and no longer."""
    refused, sentence = st.session_state.get(_PROBLEM, ("", ""))
    if refused == path:
        del st.session_state[_PROBLEM]
        st.caption(f":red[:material/error: {plain(sentence)} The value before it stays.]")


def number(path: str, help: str, step: float | None = None, form: str | None = None) -> None:
    """A number; its range is the spec's to judge."""
    value = value_at(training_on_workbench(), path)
    key = widget_key(path)
    st.session_state[key] = value
    steps: Any = step if step is not None else (1 if isinstance(value, int) else 0.01)
    st.number_input(TITLES[path], key=key, help=help, step=steps, format=form, on_change=_take, args=(path,))
    _tell_problem(path)


def optional_number(path: str, help: str, start: float, form: str | None = None) -> None:
    """A number that may be left out: a switch, and behind it the number.

    Args:
        path: of the field.
        help: what the field does.
        start: value when it is switched on.
        form: format of the number.
    """
    value = value_at(training_on_workbench(), path)
    one: Any = 1 if isinstance(start, int) else 0.01
    switch, key = f"{widget_key(path)}.on", widget_key(path)
    st.session_state[switch] = value is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(TITLES[path], key=switch, help=help, on_change=_switch, args=(path, start), width="stretch")
        if value is not None:
            st.session_state[key] = value
            st.number_input(
                TITLES[path],
                key=key,
                step=one,
                format=form,
                on_change=_take,
                args=(path,),
                label_visibility="collapsed",
                width=140,
            )
    _tell_problem(path)


def choice(path: str, titles: Mapping[str, str], help: str, disabled: bool = False) -> None:
    """One of a few words; one that lies on the workbench and cannot be had here is shown as such."""
    key, value = widget_key(path), value_at(training_on_workbench(), path)
    st.session_state[key] = value
    titles = titles if value in titles else {**titles, value: f"{value}, not available here"}
    st.selectbox(
        TITLES[path],
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        help=help,
        on_change=_take,
        args=(path,),
        disabled=disabled,
    )
    _tell_problem(path)


def switch(path: str, help: str) -> None:
    """Yes or no."""
    key = widget_key(path)
    st.session_state[key] = value_at(training_on_workbench(), path)
    st.toggle(TITLES[path], key=key, help=help, on_change=_take, args=(path,))
    _tell_problem(path)


def kind_choice(path: str, kinds: Mapping[str, tuple[str, Mapping[str, Any]]], help: str) -> None:
    """Which of several groups of fields there is.

    Args:
        path: of the group.
        kinds: title and first fields of each kind; what the spec has under the same name already is kept.
        help: what the group does.
    """
    key = widget_key(f"{path}.kind")
    st.session_state[key] = value_at(training_on_workbench(), path).kind
    st.selectbox(
        TITLES[f"{path}.kind"],
        list(kinds),
        format_func=lambda kind: kinds[kind][0],
        key=key,
        help=help,
        on_change=_take_kind,
        args=(path, {kind: dict(fields) for kind, (_, fields) in kinds.items()}),
    )
    _tell_problem(path)


def _take(path: str) -> None:
    change_training({path: st.session_state[widget_key(path)]})


def _switch(path: str, start: float) -> None:
    change_training({path: start if st.session_state[f"{widget_key(path)}.on"] else None})


def _take_kind(path: str, kinds: Mapping[str, Mapping[str, Any]]) -> None:
    left, kind = value_at(training_on_workbench(), path), st.session_state[widget_key(f"{path}.kind")]
    # A look at another kind loses no number of this one.
    kept = {**st.session_state.get(f"{_KEPT}.{path}", {}), left.kind: left.model_dump()}
    st.session_state[f"{_KEPT}.{path}"] = kept
    change_training({path: kept.get(kind, {"kind": kind, **kinds[kind]})})
