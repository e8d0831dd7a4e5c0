"""One run: its state, its figures, its curves, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cifar_core.data import dataset_info
from cifar_core.errors import DataError
from cifar_core.machine import gpu_load
from cifar_core.protocol import BEST_LABELS, evaluation_split
from cifar_core.runs import Run, RunFiles, RunProgress, RunState, RunStore
from cifar_core.ui import resources
from cifar_core.ui.figures.progress import pace_figure, progress_figure
from cifar_core.ui.figures.steps import steps_figure
from cifar_core.ui.live_chart import draw_live
from cifar_core.ui.origin import origin_badge, origin_sentence
from cifar_core.ui.training.group_view import draw_group
from cifar_core.ui.training.learning_view import draw_learning
from cifar_core.ui.training.run_actions import draw_actions
from cifar_core.words import duration, percent, plain

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
_PANE = "live.pane"
CURVES_HEIGHT = 540
"""Screen pixels of the curves, kept free for them."""


def state_badge(state: RunState) -> str:
    """A run's state as a coloured word."""
    return f":{_STATE_COLORS[state]}-badge[{state}]"


def draw_run(store: RunStore, run: Run) -> None:
    """A run from top to bottom. Each part has a slot: one that comes or goes must not push the others around."""
    heading, error, progress, figures, chart = (st.container() for _ in range(5))
    with heading:
        data, seed = (
            dataset_info(run.config.dataset).title,
            f", seed {run.config.training.seed}" if run.group_id else "",
        )
        badges = f"{state_badge(run.state)} {origin_badge(run)}".strip()
        st.markdown(f"**{plain(run.name)}** on {data}{seed} {badges} :small[{run.id}]")
        if sentence := origin_sentence(run):
            st.caption(sentence)
        if run.state == RunState.STOPPED and run.sweep_id and (why := store.why_stopped(run.id)):
            st.caption(plain(why))
        draw_actions(run)
    if run.error:
        # Nothing went wrong in a run that was interrupted, and nothing is lost.
        if run.state == RunState.INTERRUPTED:
            error.warning(plain(run.error), icon=":material/pause_circle:")
        else:
            error.error(plain(run.error), icon=":material/error:")
    with progress:
        _draw_progress(run)
    with figures:
        _draw_figures(run)
        draw_group(store, run)
    with chart:
        _draw_curves(store, run)
    _PANES[_choose_pane()](store, run)
    if run.state == RunState.COMPLETED:
        with st.container(horizontal=True):
            st.page_link(
                "pages/mistakes.py", label="See its mistakes", icon=":material/grid_on:", query_params={"run": run.id}
            )
            st.page_link(
                "pages/runs.py", label="Compare it", icon=":material/show_chart:", query_params={"run": run.id}
            )


def _choose_pane() -> str:
    first = next(iter(_PANES))
    pane = st.segmented_control(
        "More of this run",
        list(_PANES),
        default=first,
        required=True,
        key=_PANE,
        label_visibility="collapsed",
        persist_state="session",
    )
    return pane or first


def _draw_progress(run: Run) -> None:
    progress, total = run.progress, run.config.training.epochs
    if run.state == RunState.QUEUED:
        st.progress(run.epochs_done / total, "Waiting for its turn")
    elif progress is not None and progress.stage == "training":
        done = (progress.epoch - 1 + progress.batch / max(progress.batches, 1)) / total
        is_through = progress.batch == progress.batches
        at = "evaluating" if is_through else f"batch {progress.batch} of {progress.batches}"
        parts = [f"Epoch {progress.epoch} of {total}, {at}"]
        if progress.loss is not None and progress.images_per_second:
            parts.append(f"loss {progress.loss:.2f}, {percent(progress.accuracy)} right so far")
            left = duration(_seconds_left(run, progress, progress.images_per_second))
            parts.append(f"{progress.images_per_second:,.0f} images/s, about {left} left")
        st.progress(min(done, 1.0), "  ·  ".join(parts))
    elif run.state.is_active:
        evaluating = progress is not None and progress.stage == "evaluating"
        text = "Evaluating the chosen checkpoint" if evaluating else "Loading the images and the network"
        st.progress(1.0 if evaluating else run.epochs_done / total, text)


def _seconds_left(run: Run, progress: RunProgress, images_per_second: float) -> float:
    """By the speed of the running epoch; evaluation comes on top."""
    epochs_left = run.config.training.epochs - progress.epoch
    batches_left = epochs_left * progress.batches + progress.batches - progress.batch
    return batches_left * run.config.training.batch_size / images_per_second


def _draw_figures(run: Run) -> None:
    protocol = run.config.training.protocol
    best = f"{percent(run.best_accuracy)}" + (f" @ {run.best_epoch}" if run.best_epoch else "")
    reading = "Read after every epoch, as the seed did." if protocol == "seed" else "Read once, after the last epoch."
    with st.container(horizontal=True, gap="small", horizontal_alignment="distribute"):
        st.metric("Epochs", f"{run.epochs_done} / {run.config.training.epochs}", width="content")
        if protocol != "refit":
            title, chosen = f"Best {evaluation_split(protocol)} @ epoch", BEST_LABELS[protocol]
            st.metric(title, best, help=f"This figure is {chosen}.", width="content")
        clean_help = "On up to 5,000 fixed training images without augmentation, measured after the run."
        st.metric("Training (clean)", percent(run.clean_train_accuracy), help=clean_help, width="content")
        st.metric("Test accuracy", percent(run.test_accuracy), help=reading, width="content")


def _draw_curves(store: RunStore, run: Run) -> None:
    metrics = store.epochs(run.id)
    if metrics:
        split = evaluation_split(run.config.training.protocol)
        draw_live(progress_figure(metrics, split), f"curves-{run.id}", "Accuracy and loss by epoch")
    elif not run.state.is_over:
        with st.container(border=True, height=CURVES_HEIGHT):
            st.caption("The curves begin with the first whole epoch.")


def _draw_steps(store: RunStore, run: Run) -> None:
    progress = run.progress
    if progress is None or not progress.points:
        st.caption(
            "The run is over: no epoch is under way."
            if run.state.is_over
            else "While an epoch runs, its loss and accuracy by batch stand here."
        )
    else:
        figure = steps_figure(progress.points, progress.batches)
        draw_live(figure, f"steps-{run.id}", "Loss and accuracy by batch of the running epoch")


def _draw_pace(store: RunStore, run: Run) -> None:
    progress, done = run.progress, float(run.epochs_done)
    if progress is not None and progress.batches:
        done = progress.epoch - 1 + progress.batch / progress.batches
    figure = pace_figure(run.config.training, done, store.epochs(run.id))
    draw_live(figure, f"pace-{run.id}", "Learning rate and images per second by epoch")
    on_gpu = run.state.is_active and not (run.device or "CPU").startswith("CPU")
    for load in gpu_load() if on_gpu else ():
        st.caption(load.sentence)


def _draw_watched(store: RunStore, run: Run) -> None:
    try:
        dataset = resources.dataset(run.config.dataset)
    except DataError as error:  # the run may come from a machine that has it
        st.warning(plain(str(error)), icon=":material/image_not_supported:")
        return
    draw_learning(run, store.watched(run.id), dataset)


def _draw_log(store: RunStore, run: Run) -> None:
    lines = RunFiles(store.run_folder(run.id)).log_tail()
    if lines:
        st.code("\n".join(lines), language=None)
    else:
        st.caption("The log begins with the first whole epoch.")


_PANES: dict[str, Callable[[RunStore, Run], None]] = {
    "This epoch": _draw_steps,
    "Rate and speed": _draw_pace,
    "What it sees": _draw_watched,
    "Log": _draw_log,
}
