"""What a sweep varies, in rows of the Training page: a field, and the values that it may take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

import streamlit as st

from cifar_core.architecture.nodes import Conv
from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig
from cifar_core.runs.fields import WIDTH_SCALE, field_path, overlap
from cifar_core.sweeps import check_parameter, read_parameters
from cifar_core.training.spec import MAX_EPOCHS
from cifar_core.ui.address import linked, write
from cifar_core.ui.field_titles import field_by_title, parameter_title, told_by_title
from cifar_core.words import plain

LINK = "varies"
"""What varies, in the URL."""
_ROWS, _NEXT = "sweep.rows", "sweep.next"
MAX_ROWS, MAX_TYPED = 6, 2000


def draw_parameters(config: RunConfig) -> tuple[tuple[str, ...], bool]:
    """The rows, and the button for one more.

    Args:
        config: the form's run, around which the sweep searches.

    Returns:
        What is typed, as `read_parameters` takes it; and whether what is wrong with it stands below a row.
    """
    rows, is_told = _rows(config), False
    varied: list[str] = []
    for row in rows:
        if _draw_row(row, varied, config):
            is_told = True
        else:  # a name that is none overlaps with nothing
            varied.append(str(st.session_state[_key("field", row)]))
    st.button(
        "Vary one more",
        icon=":material/add:",
        key="sweep-add",
        disabled=len(rows) >= MAX_ROWS,
        on_click=_add,
        args=(config,),
    )
    return tuple(map(_typed, rows)), is_told


def keep_in_link(typed: Sequence[str]) -> None:
    """Writes what is typed into the URL."""
    write(LINK, json.dumps(typed, separators=(",", ":")))


def _often_varied(config: RunConfig) -> dict[str, str]:
    """Values to begin with of what is often varied, by name."""
    training = config.training
    rate, decay = training.optimizer.learning_rate, training.optimizer.weight_decay or 5e-4
    longer = min(2 * training.epochs, MAX_EPOCHS)
    return {
        "lr": f"{rate / 4:.2g}..{min(rate * 4, 10):.2g}:log",
        WIDTH_SCALE: "0.5,0.75,1",
        "optimizer.weight_decay": f"{decay / 5:.2g}..{min(decay * 5, 0.9):.2g}:log",
        "label_smoothing": "0,0.05,0.1",
        "batch_size": "64,128,256",
        "epochs": f"{training.epochs if training.epochs < longer else longer // 2},{longer}",
        "ema_decay": "null,0.99,0.998",
        "augmentation_first": "0,0.5,1",
        "augmentation_last": "0,0.5,1",
        **{f"augmentation.transforms[{at}].p": "0,0.25,0.5,1" for at in range(len(config.augmentation.transforms))},
    }


def _rows(config: RunConfig) -> list[int]:
    if _ROWS not in st.session_state:
        typed = _linked_rows()
        st.session_state[_ROWS], st.session_state[_NEXT] = list(range(len(typed))), len(typed)
        for row, (name, _, values) in enumerate(text.partition("=") for text in typed):
            st.session_state[_key("field", row)], st.session_state[_key("values", row)] = name, values
        if not typed:
            _add(config)
            _add(config)
    return list(st.session_state[_ROWS])


def _linked_rows() -> list[str]:
    """As the URL holds them, of a page that was loaded anew; none where it holds none, or no such thing."""
    try:
        told = json.loads(linked(LINK) or "[]")
    except (ValueError, RecursionError):
        return []
    are_rows = isinstance(told, list) and all(isinstance(text, str) and "=" in text for text in told)
    return [text[:MAX_TYPED] for text in told[:MAX_ROWS]] if are_rows else []


def _add(config: RunConfig) -> None:
    fields, row = _often_varied(config), st.session_state[_NEXT]
    taken = {st.session_state.get(_key("field", other)) for other in st.session_state[_ROWS]}
    field = next((name for name in fields if name not in taken), next(iter(fields)))
    st.session_state[_key("field", row)], st.session_state[_key("values", row)] = field, fields[field]
    st.session_state[_ROWS], st.session_state[_NEXT] = [*st.session_state[_ROWS], row], row + 1


def _drop(row: int) -> None:
    st.session_state[_ROWS] = [other for other in st.session_state[_ROWS] if other != row]


def _key(what: str, row: int) -> str:
    return f"sweep.{what}.{row}"


def _draw_row(row: int, varied: Sequence[str], config: RunConfig) -> str:
    """What varies and between which values; gives back what is wrong with it, empty if nothing is.

    Args:
        row: its number.
        varied: fields of the rows above it that have nothing wrong.
        config: the form's run.
    """
    fields, chosen = list(_often_varied(config)), str(st.session_state[_key("field", row)])
    left, middle, right = st.columns([5, 5, 1], vertical_alignment="bottom")
    with left:
        st.selectbox(
            "What varies",
            # One that was typed is an option too: the box gives its title back, which must stand for something.
            fields if chosen in fields else [*fields, chosen],
            format_func=lambda name: parameter_title(name, config),
            accept_new_options=True,
            key=_key("field", row),
            on_change=_suggest,
            args=(row, config),
            persist_state="session",
            help=f"Choose, or type the path of any field: {_path_of_a_momentum(config)}, augmentation.transforms[0].p, "
            f"{_path_of_a_dilation(config)}.",
        )
    with middle:
        st.text_input(
            "Values",
            key=_key("values", row),
            max_chars=MAX_TYPED,
            persist_state="session",
            help="A range, 0.01..0.3, evenly, or 0.01..0.3:log, each tenfold alike; or a list, 0.5,0.75,1.",
        )
    with right:
        st.button(
            "",
            icon=":material/close:",
            key=_key("drop", row),
            help="Vary this no more.",
            disabled=len(st.session_state[_ROWS]) < 2,
            on_click=_drop,
            args=(row,),
        )
    problem = told_by_title(_problem(_typed(row), config), config)
    if not problem and any(overlap(chosen, other) for other in varied):
        problem = f"{parameter_title(chosen, config)} varies in a row above already."
    if problem:
        st.caption(f":red[:material/error: {plain(problem)}]")
    return problem


def _typed(row: int) -> str:
    return f"{st.session_state[_key('field', row)]}={st.session_state[_key('values', row)]}"


def _path_of_a_momentum(config: RunConfig) -> str:
    """An example of the run's own kind of optimizer."""
    return f"optimizer.{'momentum' if config.training.optimizer.kind == 'sgd' else 'beta1'}"


def _path_of_a_dilation(config: RunConfig) -> str:
    """An example in the network at hand: convolutions in a branch have longer paths than others."""
    node = config.architecture.nodes[-1]
    place = f"architecture.nodes[{len(config.architecture.nodes) - 1}]"
    return f"{place}.dilation" if isinstance(node, Conv) else f"{place}.main[0].dilation"


def _suggest(row: int, config: RunConfig) -> None:
    """Values for another field; a title that was typed stands for its field, and any name for the field's usual one."""
    typed, equals, values = str(st.session_state[_key("field", row)]).partition("=")
    often, field = _often_varied(config), typed.strip()
    name = field_by_title(field, config) or field
    with suppress(SpecError):  # what is wrong with it stands below the row
        name = next((known for known in often if field_path(known) == field_path(name)), name)
    st.session_state[_key("field", row)] = name
    # As the command line takes it: lr=0.1,0.2.
    st.session_state[_key("values", row)] = values.strip() if equals else often.get(name, "")


@lru_cache(maxsize=64)  # the page runs anew at every touch of a widget
def _problem(typed: str, config: RunConfig) -> str:
    """What is wrong with one parameter; empty if nothing is."""
    try:
        for parameter in read_parameters([typed], config):
            check_parameter(parameter, config)
    except SpecError as error:
        return str(error)
    return ""
