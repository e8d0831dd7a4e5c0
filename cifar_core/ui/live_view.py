"""What the Training page shows of queued and running runs."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import dataset_info
from cifar_core.errors import LabError
from cifar_core.protocol import BEST_LABELS, evaluation_split
from cifar_core.runs import Run, RunFiles, RunProgress, RunState, RunStore
from cifar_core.ui import resources
from cifar_core.ui.empty import empty_state
from cifar_core.ui.figures.curves import Curve, curves_figure
from cifar_core.words import duration, percent, plain

REFRESH_SECONDS = 2.0
"""Each refresh takes processor time from a run that trains on the same machine."""
IDLE_SECONDS = 10.0
WATCHED = "watched-run"
_WAITING_OR_ACTIVE = (RunState.QUEUED, RunState.RUNNING, RunState.STOPPING)
_STATE_COLORS = {
    RunState.QUEUED: "gray",
    RunState.RUNNING: "blue",
    RunState.STOPPING: "orange",
    RunState.STOPPED: "gray",
    RunState.COMPLETED: "green",
    RunState.FAILED: "red",
    RunState.DIVERGED: "red",
    RunState.INTERRUPTED: "orange",
}


def state_badge(state: RunState) -> str:
    """A run's state as a coloured word."""
    return f":{_STATE_COLORS[state]}-badge[{state}]"


def watch() -> None:
    """The watched run, live; when nothing waits or trains, only a slow look for what the command line may start."""
    store = resources.run_store()
    busy = bool(store.list_runs(limit=1, states=_WAITING_OR_ACTIVE))
    st.fragment(_draw, run_every=REFRESH_SECONDS if busy else IDLE_SECONDS)(store, busy)


def _draw(store: RunStore, was_busy: bool) -> None:
    try:
        waiting = store.list_runs(limit=20, states=_WAITING_OR_ACTIVE)
        run = _watched(store, waiting)
        if run is None:
            st.info("No run yet. Choose what to train and press Launch.", icon=":material/play_circle:")
            return
        _draw_run(store, run)
        _draw_queue(store, [other for other in reversed(waiting) if other.id != run.id])
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return
    if was_busy != bool(waiting):
        st.rerun()  # the whole page draws once more, and the refresh changes its pace


def _watched(store: RunStore, waiting: list[Run]) -> Run | None:
    """The run that trains, else the one that this person launched last, else the newest."""
    active = [run for run in waiting if run.state.is_active]
    chosen = st.session_state.get(WATCHED)
    if chosen and not active:
        return store.get(chosen)
    return next(iter(active or waiting or store.list_runs(limit=1)), None)


def _draw_run(store: RunStore, run: Run) -> None:
    heading, action = st.columns([3, 1], vertical_alignment="center")
    data = dataset_info(run.config.dataset).title
    heading.markdown(f"**{plain(run.name)}** on {data} {state_badge(run.state)} :small[{run.id}]")
    if not run.state.is_over:
        action.button(
            "Stop",
            icon=":material/stop_circle:",
            key=f"stop-{run.id}",
            disabled=run.state == RunState.STOPPING,
            help="Ends after the running batch and keeps the last whole epoch.",
            width="stretch",
            on_click=_stop,
            args=(run.id,),
        )
    # Each part in a slot of its own: one that comes or goes must not leave the others on the page twice for a moment.
    error, progress = st.container(), st.container()
    if run.error:
        error.error(run.error, icon=":material/error:")
    with progress:
        _draw_progress(run)
    metrics = store.epochs(run.id)
    _draw_figures(run)
    chart = st.container()
    if metrics:
        curve = [Curve.of(run.name, metrics)]
        chart.plotly_chart(curves_figure(curve, 440), key=f"live-{run.id}", alt="Accuracy and loss by epoch")
    lines = RunFiles(store.run_folder(run.id)).log_tail()
    if lines:
        with st.expander("End of the log", expanded=True):
            st.code("\n".join(lines), language=None)
    if run.state == RunState.COMPLETED:
        with st.container(horizontal=True):
            st.page_link(
                "pages/mistakes.py", label="See its mistakes", icon=":material/grid_on:", query_params={"run": run.id}
            )
            st.page_link("pages/runs.py", label="Compare it", icon=":material/show_chart:")


def _stop(run_id: str) -> None:
    # Before the page is drawn, whether the click reruns the fragment or, while the page is busy, the whole of it.
    try:
        run = resources.run_store().request_stop(run_id)
        st.toast(f"{plain(run.name)} ({run.id[-6:]}) is {run.state}.", icon=":material/stop_circle:")
    except LabError as error:  # the run may have ended in the meantime
        st.toast(str(error), icon=":material/info:")


def _draw_progress(run: Run) -> None:
    progress, total = run.progress, run.config.training.epochs
    if run.state == RunState.QUEUED:
        st.progress(0.0, "Waiting for its turn")
    elif progress is not None and progress.stage == "training":
        done = (progress.epoch - 1 + progress.batch / max(progress.batches, 1)) / total
        parts = [f"Epoch {progress.epoch} of {total}, batch {progress.batch} of {progress.batches}"]
        if progress.loss is not None and progress.images_per_second:
            parts.append(f"loss {progress.loss:.2f}, {percent(progress.accuracy)} right so far")
            left = duration(_seconds_left(run, progress, progress.images_per_second))
            parts.append(f"{progress.images_per_second:,.0f} images/s, about {left} left")
        st.progress(min(done, 1.0), "  ·  ".join(parts))
    elif run.state.is_active:
        evaluating = progress is not None and progress.stage == "evaluating"
        text = "Evaluating the chosen checkpoint" if evaluating else "Loading the images and the network"
        st.progress(1.0 if evaluating else 0.0, text)


def _seconds_left(run: Run, progress: RunProgress, images_per_second: float) -> float:
    """By the speed of the running epoch; evaluation comes on top."""
    epochs_left = run.config.training.epochs - progress.epoch
    batches_left = epochs_left * progress.batches + progress.batches - progress.batch
    return batches_left * run.config.training.batch_size / images_per_second


def _draw_figures(run: Run) -> None:
    split = evaluation_split(run.config.training.protocol)
    best = f"{percent(run.best_accuracy)}" + (f" @ {run.best_epoch}" if run.best_epoch else "")
    reading = "Read after every epoch, as the seed did." if split == "test" else "Read once, when choosing is over."
    with st.container(horizontal=True, gap="medium"):
        st.metric("Epochs", f"{run.epochs_done} / {run.config.training.epochs}", width="content")
        chosen = BEST_LABELS[run.config.training.protocol]
        st.metric(f"Best {split} accuracy @ epoch", best, help=f"This figure is {chosen}.", width="content")
        clean_help = "On up to 5,000 fixed training images without augmentation, measured after the run."
        st.metric("Training accuracy (clean)", percent(run.clean_train_accuracy), help=clean_help, width="content")
        st.metric("Test accuracy", percent(run.test_accuracy), help=reading, width="content")


def _draw_queue(store: RunStore, runs: list[Run]) -> None:
    if runs:
        st.markdown("**Also queued or running**")
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plain(run.name)} {state_badge(run.state)} :small[{run.id}]")
            st.button("Stop", key=f"stop-{run.id}", icon=":material/stop_circle:", on_click=_stop, args=(run.id,))


def no_runs_yet() -> None:
    """The empty state of the pages that show runs."""
    empty_state(
        "There are no runs yet. Train a first one: on handwritten digits it takes about a minute on a CPU.",
        "pages/training.py",
        "Go to Training",
        ":material/play_circle:",
    )
