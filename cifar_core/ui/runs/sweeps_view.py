"""A sweep on the Runs page: how far it is, its best so far, the Pareto front, and every trial."""

from __future__ import annotations

import streamlit as st

from cifar_core.errors import LabError
from cifar_core.runs import RunStore
from cifar_core.runs.finding import ID_ENDING
from cifar_core.runs.sweep_rows import SweepRecord, SweepState
from cifar_core.sweeps.deletion import delete_sweep
from cifar_core.sweeps.results import SweepResults, sweep_results
from cifar_core.sweeps.study_trial import TrialState
from cifar_core.ui import resources
from cifar_core.ui.address import linked, write
from cifar_core.ui.empty import empty_state
from cifar_core.ui.field_titles import parameter_title
from cifar_core.ui.news import add_news, told
from cifar_core.ui.runs.sweep_plots import draw_plots, values_in_a_line
from cifar_core.ui.runs.sweep_table import draw_links, draw_trials
from cifar_core.words import counted, duration, moment, percent, plain

SWEEPS = "Sweeps"
"""The view's name among those of the page."""
LINK = "sweep"
"""The parameter of the URL that names the sweep in view."""
REFRESH_SECONDS = 2.0
_CHOSEN, _FOLLOWED = "sweep-in-view", "sweeps.linked"
_STATES = {
    SweepState.RUNNING: ":blue-badge[:material/progress_activity: running]",
    SweepState.STOPPING: ":orange-badge[:material/stop_circle: stopping]",
    SweepState.STOPPED: ":gray-badge[:material/stop_circle: stopped]",
    SweepState.COMPLETED: ":green-badge[:material/check_circle: completed]",
    SweepState.FAILED: ":red-badge[:material/error: failed]",
}


def follow_sweep_link(view_key: str) -> None:
    """Shows the sweep that the URL names, once: what is chosen afterwards counts.

    Args:
        view_key: of the widget that says what the page shows.
    """
    named = linked(LINK)
    if named and named != st.session_state.get(_FOLLOWED):
        st.session_state[_FOLLOWED] = st.session_state[_CHOSEN] = named
        st.session_state[view_key] = SWEEPS


def leave_sweeps() -> None:
    """Takes the sweep out of the URL of another view."""
    st.session_state.pop(_FOLLOWED, None)
    write(LINK, None)


def draw_sweeps(store: RunStore) -> None:
    """Which sweep, and all about it; refreshed while something happens to it."""
    sweeps = store.list_sweeps()
    if not sweeps:
        empty_state(
            "There are no sweeps yet. A sweep trains many runs that differ in a few settings, and finds the best.",
            "pages/training.py",
            "Set one up on Training",
            ":material/play_circle:",
        )
        return
    sweep = _choose(sweeps)
    st.session_state[_FOLLOWED] = sweep.id
    write(LINK, sweep.id)
    is_open = sweep.state.is_open
    st.fragment(_draw, run_every=REFRESH_SECONDS if is_open else None)(store, sweep.id, is_open)


def _choose(sweeps: list[SweepRecord]) -> SweepRecord:
    by_id = {sweep.id: sweep for sweep in sweeps}
    named = st.session_state.get(_CHOSEN)
    if named not in by_id:
        if named:
            st.warning(f"There is no sweep {plain(named)} in this store.", icon=":material/link_off:")
        st.session_state[_CHOSEN] = sweeps[0].id
    chosen: str = st.selectbox(
        "Sweep",
        list(by_id),
        # No word of its state: an option that is called otherwise by the next look counts as one that is gone.
        format_func=lambda key: f"{by_id[key].name}, {moment(by_id[key].created_at)} (UTC), {key[-ID_ENDING:]}",
        key=_CHOSEN,
        persist_state="session",
    )
    return by_id[chosen]


def _draw(store: RunStore, sweep_id: str, was_open: bool) -> None:
    sweep = next((each for each in store.list_sweeps() if each.id == sweep_id), None)
    if sweep is None or was_open != sweep.state.is_open:
        st.rerun()  # the whole page draws once more: another sweep stands here, or the refresh begins or ends
    try:
        results = sweep_results(store, sweep_id, with_importances=False)
    except LabError as error:  # what cannot be read can still be stopped, and thrown away
        _draw_head(sweep, [], can_go_on=sweep.state in (SweepState.STOPPED, SweepState.FAILED))
        st.error(plain(str(error)), icon=":material/error:")
        return
    _draw_progress(results)
    if not results.trials:
        st.caption(f"Nothing was tried{_before_the_first(sweep)}.")
        return
    _draw_best(results)
    draw_plots(store, results)
    draw_trials(results)


def _before_the_first(sweep: SweepRecord) -> str:
    """The end of a sentence: what a sweep without a trial waits for."""
    if not sweep.state.is_open:
        return ""
    return " yet" if sweep.cluster_json is not None else " yet: its first trial begins when nothing else trains"


def _draw_head(sweep: SweepRecord, told: list[str], can_go_on: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(sweep.name)}** {_STATES[sweep.state]}  \n" + " · ".join(told), width="stretch")
        _draw_actions(sweep, can_go_on)


def _draw_progress(results: SweepResults) -> None:
    sweep, spec = results.sweep, results.spec
    begun = sum(trial.was_begun for trial in results.trials)
    of = f" of {spec.trials}" if spec.trials else ""
    told = [
        f"{begun}{of} trials begun",
        f"{results.count(TrialState.COMPLETED)} completed",
        f"{results.count(TrialState.PRUNED)} ended early",
        f"{len(results.passed_over)} more passed over",
        duration(sweep.spent_seconds) + (f" of at most {spec.minutes:g} minutes" if spec.minutes else ""),
    ]
    _draw_head(sweep, told, results.can_go_on)
    varies = "; ".join(
        f"{plain(parameter_title(part.name, spec.base))} {plain(part.words)}" for part in spec.parameters
    )
    st.caption(f"Varies: {varies}")
    if results.is_whole_grid and not sweep.state.is_open:
        st.caption(f"All {spec.grid_size:,} combinations were tried.")
    if sweep.problem:
        st.error(plain(sweep.problem), icon=":material/error:")


def _draw_actions(sweep: SweepRecord, can_go_on: bool) -> None:
    """Always the same three: what comes, goes or moves under the pointer is pressed by mistake, or not at all."""
    is_open = sweep.state.is_open
    st.button(
        "Stop the sweep",
        icon=":material/stop_circle:",
        key="stop-sweep",
        disabled=sweep.state != SweepState.RUNNING,
        help="Its trial stops after the running batch, and goes on with the sweep." if is_open else "It is over.",
        on_click=_stop,
        args=(sweep.id,),
    )
    if st.button(
        "Resume it",
        icon=":material/resume:",
        key="resume-sweep",
        disabled=not can_go_on,
        help="It goes on where it was stopped." if can_go_on else "Goes on with a sweep that was stopped.",
        on_click=_resume,
        args=(sweep.id,),
    ):
        st.rerun()  # the refresh begins
    with st.popover(
        "Delete",
        icon=":material/delete:",
        key=f"delete-sweep-{sweep.id}",  # else it stays open over the next sweep
        disabled=is_open,
        help="Stop it first." if is_open else "The sweep alone: its runs stay.",
    ):
        st.markdown("What was searched and found goes, for good. Its runs stay, with all others.")
        if st.button(
            "Delete the sweep",
            icon=":material/delete_forever:",
            key="delete-sweep-now",
            on_click=_delete,
            args=(sweep.id,),
        ):
            st.rerun()  # another sweep stands here


def _draw_best(results: SweepResults) -> None:
    best = results.best
    if best is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/trophy: Best: trial {best.trial.number + 1}, **{percent(best.accuracy)}** on the validation "
            f"images with {best.num_params:,} parameters."
            + (f" {counted(results.as_good - 1, 'other trial')} came to the same." if results.as_good > 1 else ""),
            width="stretch",
        )
        if best.run is not None:
            draw_links(best.run.id)
    st.caption(plain(values_in_a_line(results, best)))
    if best.run is not None and best.run.test_accuracy is None:
        st.caption(
            "A sweep chooses on validation images and reads no test set. Mistakes reads it for the run that you settle "
            "on, when you ask for the test images there."
        )


def _stop(sweep_id: str) -> None:
    def act() -> None:
        resources.run_store().request_sweep_stop(sweep_id)
        resources.sweeps().ring()
        add_news("The sweep stops after the running batch.", ":material/stop_circle:")

    told(act)


def _resume(sweep_id: str) -> None:
    def act() -> None:
        resources.run_store().resume_sweep(sweep_id)
        resources.sweeps().ring()
        add_news("The sweep goes on.", ":material/resume:")

    told(act)


def _delete(sweep_id: str) -> None:
    def act() -> None:
        delete_sweep(resources.run_store(), sweep_id)
        for key in (_CHOSEN, _FOLLOWED):  # it is gone by this person's own wish
            st.session_state.pop(key, None)
        write(LINK, None)
        add_news("The sweep is deleted; its runs are still there.", ":material/delete:")

    told(act)
