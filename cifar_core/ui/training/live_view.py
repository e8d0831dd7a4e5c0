"""What the Training page shows of queued and running runs, refreshed while there are any."""

from __future__ import annotations

import contextlib

import streamlit as st

from cifar_core.errors import LabError, SpecError
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.records import ACTIVE, UNFINISHED
from cifar_core.ui import resources
from cifar_core.ui.address import linked, write
from cifar_core.ui.live_chart import REFRESH_SECONDS
from cifar_core.ui.news import add_news, tell_news
from cifar_core.ui.training.run_actions import PINNED, draw_actions, stop_waiting
from cifar_core.ui.training.run_view import draw_run, state_badge
from cifar_core.words import count, percent, plain

WATCHED = "watched-run"
LISTED = 8
"""Waiting runs that are listed; of more, the number is told."""
_SEEN = "live.seen"
"""Runs that this person has seen waiting or training, by id: their end is news."""


def watch() -> None:
    """The watched run, live. What nobody trains does not change by itself, so then nothing is refreshed."""
    store = resources.run_store()
    busy = store.count_runs(UNFINISHED) > 0 or _searches(store)
    st.fragment(_draw, run_every=REFRESH_SECONDS if busy else None)(store, busy)


def _draw(store: RunStore, was_busy: bool) -> None:
    busy = was_busy
    try:
        unfinished = store.count_runs(UNFINISHED)
        busy = unfinished > 0 or _searches(store)
        active, waiting = store.list_runs(limit=LISTED, states=ACTIVE), store.waiting(LISTED + 1)
        _note_ends(store, [*active, *waiting])
        run = _watched(store, active, waiting)
        if run is None:
            st.info("No run yet. Choose what to train and press Launch.", icon=":material/play_circle:")
        else:
            draw_run(store, run)
            others = [other for other in (*active, *waiting) if other.id != run.id]
            _draw_queue(others, unfinished - (not run.state.is_over))
        if waiting and not active and resources.jobs().problem:
            st.warning(plain(resources.jobs().problem), icon=":material/hourglass_disabled:")
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    if was_busy != busy:
        st.rerun()  # the whole page draws once more, and the refresh begins or ends
    tell_news()


def _searches(store: RunStore) -> bool:
    """Whether a sweep will queue its next trial here, by itself."""
    return any(sweep.state.is_open and sweep.cluster_json is None for sweep in store.list_sweeps())


def _watched(store: RunStore, active: list[Run], waiting: list[Run]) -> Run | None:
    """The run that the link names or that this person keeps in view, else the one that trains.

    Where none trains, the one that this person launched last, or the newest.
    """
    named = linked("run")
    if named:
        try:
            return store.get(named)
        except SpecError as error:
            st.warning(plain(str(error)), icon=":material/link_off:")
    pinned = st.session_state.get(PINNED)
    if pinned:
        with contextlib.suppress(SpecError):
            return store.get(pinned)
    chosen = st.session_state.get(WATCHED)
    if chosen and not active:
        with contextlib.suppress(SpecError):  # it is no longer in this store
            return store.get(chosen)
    return next(iter(active or waiting or store.list_runs(limit=1)), None)


def watch_run(run_id: str) -> None:
    """Shows a run as soon as no other one trains; for a launch, and for callbacks."""
    st.session_state[WATCHED] = run_id
    st.session_state.pop(PINNED, None)
    write("run", None)


def _note_ends(store: RunStore, alive: list[Run]) -> None:
    """Keeps as news which runs ended since this person saw them waiting or training."""
    now = {run.id for run in alive}
    before: set[str] = set(st.session_state.get(_SEEN, ()))
    st.session_state[_SEEN] = sorted(now)
    for run_id in sorted(before - now):
        run = store.get(run_id)
        if not run.state.is_over:
            continue  # it waits farther back now
        result = f": test accuracy {percent(run.test_accuracy)}" if run.test_accuracy is not None else ""
        icon = ":material/check_circle:" if run.state == RunState.COMPLETED else ":material/info:"
        why = f" {store.why_stopped(run.id)}" if run.state == RunState.STOPPED and run.sweep_id else ""
        add_news(f"{plain(run.name)} ({run.id[-6:]}) is {run.state}{result}.{why.rstrip()}", icon)


def _draw_queue(runs: list[Run], total: int) -> None:
    """What waits or trains besides: the next ones, and of `total` how many more."""
    if not runs:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Also queued or running**: {count(total)}")
        if total > 1:
            st.button("Stop all that wait", icon=":material/clear_all:", key="clear-queue", on_click=stop_waiting)
    for run in runs[:LISTED]:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            seed = f", seed {run.config.training.seed}" if run.group_id else ""
            st.markdown(f"{plain(run.name)}{seed} {state_badge(run.state)} :small[{run.id}]")
            draw_actions(run, can_watch=True)
    if total > LISTED:
        st.caption(f"… and {count(total - LISTED)} more.")
