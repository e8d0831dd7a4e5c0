"""The time that a run will take, beside its Launch button, without being asked."""

from __future__ import annotations

import streamlit as st

from cifar_core.analysis.duration import estimate_duration
from cifar_core.data import dataset_status
from cifar_core.machine import machine_title
from cifar_core.runs import RunConfig, RunStore
from cifar_core.runs.records import UNFINISHED
from cifar_core.runs.trials import Trial
from cifar_core.ui import resources
from cifar_core.words import duration, moment, plain

REFRESH_SECONDS = 1.0
_REFUSED = "estimate.refused"
"""Keys of trials that this person did not want, or that came to nothing: they do not begin by themselves."""


def draw_estimate(store: RunStore, config: RunConfig, seeds: int) -> None:
    """The time to finish: from what was measured, else from a short trial that begins by itself."""
    if _draw_known(store, config, seeds):
        return
    trial = Trial("speed", config)
    problem = resources.jobs().trials.problem(trial.key)
    if not dataset_status(config.dataset).available:
        st.caption(f"On {machine_title()}. How long it takes can be measured once the images are here.")
    elif store.count_runs(UNFINISHED):
        st.caption(f"On {machine_title()}. How long it takes will be measured when nothing else waits or trains.")
    elif problem or trial.key in st.session_state.get(_REFUSED, ()):
        if problem:
            st.warning(plain(problem), icon=":material/warning:")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"On {machine_title()}. How long it takes was not measured.", width="stretch")
            st.button("Measure", icon=":material/timer:", key="measure", on_click=_wish, args=(trial,))
    else:
        resources.jobs().trials.ask(trial)
        st.fragment(_draw_trial, run_every=REFRESH_SECONDS)(store, trial)


def _draw_known(store: RunStore, config: RunConfig, seeds: int) -> bool:
    """Tells what is known; False if nothing is."""
    estimate = estimate_duration(store, config)
    if estimate is not None:
        total = duration(seeds * estimate.seconds)
        each = f" for {seeds} seeds, one after the other" if seeds > 1 else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f":material/schedule: About **{total}**{each}, as measured on {plain(estimate.device)} on "
                f"{moment(estimate.measured_at)} (UTC).",
                width="stretch",
            )
            if estimate.by_trial:
                st.button(
                    "Measure again",
                    icon=":material/refresh:",
                    type="tertiary",
                    key="measure-again",
                    on_click=_forget,
                    args=(store, Trial("speed", config)),
                    help="A few batches were timed; what else the machine did then counts too.",
                )
        return True
    return False


def _draw_trial(store: RunStore, trial: Trial) -> None:
    trials = resources.jobs().trials
    is_wanted = trials.is_wanted(trial.key)
    if store.trials.speed(trial.config) is not None:
        st.rerun()
    if not is_wanted:
        # Cancelled, broken off, or another window wants another one: asked for again, they would oust each other.
        _note_refused(trial.key)
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        doing = "Timing a few batches" if trials.is_running(trial.key) else "A few batches will be timed"
        st.caption(f":material/timer: {doing} on {machine_title()}, to tell how long it takes …", width="stretch")
        st.button("Cancel", icon=":material/close:", key="cancel-measure", on_click=_refuse, args=(trial.key,))


def _refuse(key: str) -> None:
    _note_refused(key)
    resources.jobs().trials.withdraw("speed")


def _note_refused(key: str) -> None:
    st.session_state[_REFUSED] = sorted({*st.session_state.get(_REFUSED, ()), key})


def _forget(store: RunStore, trial: Trial) -> None:
    store.trials.forget(trial.key)
    _wish(trial)


def _wish(trial: Trial) -> None:
    st.session_state[_REFUSED] = sorted(set(st.session_state.get(_REFUSED, ())) - {trial.key})
    resources.jobs().trials.ask(trial)
