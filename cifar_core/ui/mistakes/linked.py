"""Runs that a link names: found, or told why another one is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from cifar_core.errors import LabError
from cifar_core.runs import Run, RunStore
from cifar_core.ui.address import linked, write
from cifar_core.ui.news import told
from cifar_core.words import plain

Parameter = Literal["run", "with"]


def follow_link(
    store: RunStore, runs: Sequence[Run], parameter: Parameter, key: str, refusal: Callable[[Run], str | None]
) -> list[Run]:
    """Follows `?run=` or `?with=`: a select box bound to the URL would know a run by its whole title only.

    Args:
        store: where the run should lie.
        runs: those that the select box offers.
        parameter: of the link.
        key: of the select box, which then shows the run.
        refusal: what speaks against showing a run, as the end of a sentence that begins with it; None for nothing.

    Returns:
        The run of the link where it can be shown and is none of `runs`.
    """
    link = linked(parameter)
    if not link:
        return []
    is_new = link != st.session_state.get(_followed(parameter))
    offered = any(run.id == link for run in runs)
    found = None if offered else _find(store, link, parameter, is_new, refusal)
    if (offered or found) and (is_new or key not in st.session_state):
        st.session_state[key] = link
    return [found] if found else []


def choose_run(
    label: str, titles: Mapping[str, str], first: str, parameter: Parameter, key: str, help: str | None = None
) -> str:
    """A select box over runs, whose choice is kept in the URL; it is no new link then.

    Args:
        label: of the box.
        titles: of the runs by their ids.
        first: the run that is shown until another one is chosen.
        parameter: of the link.
        key: of the box.
        help: of the box.

    Returns:
        The id of the chosen run.
    """
    # Not the box's own default: Streamlit warns of a widget with a default and a value set by the program.
    if st.session_state.get(key) not in titles:
        st.session_state[key] = first
    chosen = st.selectbox(
        label, list(titles), format_func=titles.__getitem__, key=key, persist_state="session", help=help
    )
    write(parameter, chosen)
    st.session_state[_followed(parameter)] = chosen
    return chosen


def _followed(parameter: Parameter) -> str:
    return f"followed-{parameter}"


def _find(
    store: RunStore, run_id: str, parameter: Parameter, is_new: bool, refusal: Callable[[Run], str | None]
) -> Run | None:
    try:
        found = store.get(run_id)
    except LabError:
        told_gone = f"There is no run {plain(run_id)} here" if is_new else f"Run {plain(run_id)} was removed for good"
        st.warning(f"{told_gone}: another one is shown.", icon=":material/link_off:")
        return None
    if found.deleted_at is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            sentence = f"Run {plain(found.name)} ({found.id}) was deleted: another one is shown."
            st.warning(sentence, icon=":material/delete:")
            icon, key = ":material/restore_from_trash:", f"restore-{parameter}"
            st.button("Restore", icon=icon, key=key, on_click=_restore, args=(store, parameter, run_id))
        return None
    why = refusal(found)
    if why is not None:
        st.warning(f"Run {plain(run_id)} {why}: another one is shown.", icon=":material/link_off:")
        return None
    return found


def _restore(store: RunStore, parameter: Parameter, run_id: str) -> None:
    def restore() -> None:
        store.restore([run_id])
        write(parameter, run_id)
        st.session_state.pop(_followed(parameter), None)

    told(restore)
