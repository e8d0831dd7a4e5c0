"""What a person asks of a run: stop, resume, clone. Each answers with a toast, also where it came too late."""

from __future__ import annotations

import streamlit as st

from cifar_core.runs import Run, RunState
from cifar_core.runs.refit import can_refit
from cifar_core.ui import resources
from cifar_core.ui.address import write
from cifar_core.ui.news import add_news, told
from cifar_core.ui.training.cloning import lay_out_clone, lay_out_refit
from cifar_core.words import counted, plain

PINNED = "pinned-run"
"""Key of the run that a person keeps in view, whichever trains, until the next launch."""


def draw_actions(run: Run, can_watch: bool = False) -> None:
    """The buttons that make sense for a run in its state.

    Args:
        run: whose.
        can_watch: whether it is listed only, and may be put in view.
    """
    with st.container(horizontal=True, width="content"):
        if can_watch:
            st.button(
                "Watch", icon=":material/visibility:", key=f"watch-{run.id}", on_click=_keep_in_view, args=(run.id,)
            )
        if not run.state.is_over:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key=f"stop-{run.id}",
                disabled=run.state == RunState.STOPPING,
                help="Ends after the running batch and keeps the last whole epoch.",
                on_click=_stop,
                args=(run.id,),
            )
        if run.can_resume:
            st.button(
                "Resume",
                icon=":material/resume:",
                key=f"resume-{run.id}",
                help="Goes on from the last whole epoch, to the same weights as without the interruption.",
                on_click=_resume,
                args=(run.id,),
            )
        if st.button(
            "Clone",
            icon=":material/content_copy:",
            key=f"clone-{run.id}",
            help="Lays this run's settings into the form, to change one thing and launch again.",
            on_click=_clone,
            args=(run.id,),
        ):
            st.rerun()  # a click here draws the live view alone, and the form stands outside
        if can_refit(run) and st.button(
            "Refit",
            icon=":material/all_inclusive:",
            key=f"refit-{run.id}",
            help="Lays this run's settings into the form, to train with them on all images, validation images "
            "included: the last epoch counts, and the test set is read once.",
            on_click=_refit,
            args=(run.id,),
        ):
            st.rerun()


# Callbacks: they run before the page is drawn, whether a click reruns the fragment or, while it is busy, all of it.


def _keep_in_view(run_id: str) -> None:
    st.session_state[PINNED] = run_id
    write("run", None)


def _stop(run_id: str) -> None:
    def stop() -> None:
        run = resources.run_store().request_stop(run_id)
        if run.state == RunState.STOPPING:
            _keep_in_view(run_id)  # else the next one takes its place, and Resume is out of reach
        add_news(f"{plain(run.name)} ({run.id[-6:]}) is {run.state}.", ":material/stop_circle:")

    told(stop)


def stop_waiting() -> None:
    """Stops everything that waits; for a callback."""

    def stop() -> None:
        stopped = resources.run_store().stop_waiting()
        add_news(f"{counted(stopped, 'run')} stopped that waited.", ":material/clear_all:")

    told(stop)


def _resume(run_id: str) -> None:
    def resume() -> None:
        run = resources.run_store().resume(run_id)
        resources.jobs().ring()
        add_news(f"{plain(run.name)} goes on after epoch {run.epochs_done}.", ":material/resume:")

    told(resume)


def _clone(run_id: str) -> None:
    def clone() -> None:
        run = resources.run_store().get(run_id)
        lay_out_clone(run)
        add_news(f"The form holds the settings of {plain(run.name)}.", ":material/content_copy:")

    told(clone)


def _refit(run_id: str) -> None:
    def refit() -> None:
        run = resources.run_store().get(run_id)
        lay_out_refit(run)
        add_news(f"The form holds a refit of {plain(run.name)}: launch it.", ":material/all_inclusive:")

    told(refit)
