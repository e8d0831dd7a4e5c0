"""Which runs predict: up to four, kept in the URL."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.data import available_datasets, dataset_info
from cifar_core.errors import LabError
from cifar_core.runs import Run, RunStore
from cifar_core.ui.address import linked, write
from cifar_core.ui.origin import origin_mark
from cifar_core.words import count, plain

MOST_RUNS = 4
SEARCHED_RUNS = 200
"""Of the newest runs; a link opens an older one too."""
_LOOKED_UP = 20
"""Of the runs that a link names: more are no person's choice."""
_CHOSEN, _LINKED, _PARAMETER = "predict-runs", "linked-runs", "runs"


def choose_runs(store: RunStore) -> list[Run] | None:
    """A box for up to four runs that have weights; `?runs=ID,ID` names them too.

    Returns:
        Those chosen, which may be none; None if no run has weights.
    """
    runs = {run.id: run for run in store.list_runs(limit=SEARCHED_RUNS) if run.has_weights}
    wanted = _wanted()
    found = _found(store, runs, wanted or ())
    runs |= {run.id: run for run in found}
    if not runs:
        return None
    nobody_has_chosen = wanted is None or (wanted and not found)
    st.session_state[_CHOSEN] = [_first(runs)] if nobody_has_chosen else [run.id for run in found]
    titles = {
        run.id: f"{run.name}, {dataset_info(run.config.dataset).title}{origin_mark(run)} ({run.id[-6:]})"
        for run in runs.values()
    }
    chosen = st.multiselect(
        "Runs",
        list(titles),
        format_func=titles.__getitem__,
        max_selections=MOST_RUNS,
        key=_CHOSEN,
        persist_state="session",
        placeholder="Choose up to four runs",
        help="Those that are over and have a finished epoch.",
    )
    _write_link(chosen)
    return [runs[run_id] for run_id in chosen]


def run_label(run: Run) -> str:
    """A run's name with the end of its id, since names repeat; a person's text, for figures as it is."""
    return f"{run.name} ({run.id[-6:]})"


def _first(runs: dict[str, Run]) -> str:
    """The newest run whose test images can be shown, or the newest of all."""
    at_hand = available_datasets()
    return next((run.id for run in runs.values() if run.config.dataset in at_hand), next(iter(runs)))


def _wanted() -> list[str] | None:
    """The ids that a new link names, else those chosen before; None where nobody has chosen yet."""
    link = linked(_PARAMETER)
    if link and link != st.session_state.get(_LINKED):
        return list(dict.fromkeys(link.split(",")))
    chosen: list[str] | None = st.session_state.get(_CHOSEN)
    return chosen


def _found(store: RunStore, runs: dict[str, Run], wanted: Sequence[str]) -> list[Run]:
    """The wanted runs, four at most; what is not here, or cannot predict, is told in a sentence."""
    found: dict[str, Run] = {}
    unknown: list[str] = []
    are_deleted = False
    for run_id in wanted[:_LOOKED_UP]:
        try:
            run = runs.get(run_id) or store.get(run_id)
        except LabError:
            unknown.append(run_id)
            continue
        if problem := _problem(run):
            st.warning(f"Run {plain(run.name)} ({run.id}) {problem}.", icon=":material/link_off:")
            are_deleted |= run.deleted_at is not None
        else:
            found[run.id] = run
    if unknown:
        there_is = "There is no run" if len(unknown) == 1 else "There are no runs"
        st.warning(f"{there_is} {plain(', '.join(unknown))} here.", icon=":material/link_off:")
    if are_deleted:
        st.page_link("pages/runs.py", label="Go to Runs", icon=":material/show_chart:")
    if len(found) > MOST_RUNS:
        st.warning(f"The link names {len(wanted)} runs: the first four are shown.", icon=":material/link_off:")
    elif len(wanted) > _LOOKED_UP:
        sentence = f"The link names {count(len(wanted))} runs: only the first {_LOOKED_UP} were looked for."
        st.warning(sentence, icon=":material/link_off:")
    return list(found.values())[:MOST_RUNS]


def _problem(run: Run) -> str | None:
    """Why a run cannot predict; None if it can."""
    if run.deleted_at is not None:
        return "was deleted: the Runs page restores it, under Deleted"
    if not run.state.is_over:
        return f"is {run.state}: it can predict once it is over"
    if not run.epochs_done:
        return "has no finished epoch, and so no weights to predict with"
    return None


def _write_link(chosen: list[str]) -> None:
    link = ",".join(chosen)
    st.session_state[_LINKED] = link
    write(_PARAMETER, link or None)
