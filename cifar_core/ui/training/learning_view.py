"""Watching a network learn: what it says of a fixed dozen of images, epoch by epoch."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cifar_core.data import ImageDataset
from cifar_core.runs import Run
from cifar_core.runs.records import Watched
from cifar_core.ui.colors import TEXT_ON
from cifar_core.ui.figures.learning import NO, YES, answers_figure, true_class_figure
from cifar_core.ui.live_chart import draw_live


def draw_learning(run: Run, watched: Watched | None, dataset: ImageDataset) -> None:
    """The watched images with what the network says of them, and how sure of the truth it was, by epoch.

    Args:
        run: whose network it is.
        watched: what it said so far; None or without an epoch before the first one is over.
        dataset: the run's, which holds the images.
    """
    if watched is None or not watched.epochs:
        st.caption("After the first epoch, a dozen fixed images show here what the network takes them for.")
        return
    part = dataset.test if watched.split == "test" else dataset.train
    shown = part.take(np.asarray(watched.index, dtype=np.int64))
    epoch = _choose_epoch(run.id, watched.epochs)
    said = watched.probabilities[watched.epochs.index(epoch)].argmax(axis=1)
    right = int((said == shown.targets).sum())
    ink = TEXT_ON[st.context.theme.type or "light"]
    st.markdown(f"After epoch **{epoch}**: {right} of {len(shown)} {watched.split} images right")
    draw_live(
        answers_figure(watched, epoch, shown.images, shown.targets, dataset.class_names, ink),
        f"watched-answers-{run.id}",
        "The watched images, each with its true class and the three likeliest classes in percent",
    )
    st.caption(
        f"{_WHICH[watched.split]} {YES} marks the true class; {NO} an image that is taken for another class. "
        "In the legend: class and number of the image."
    )
    draw_live(
        true_class_figure(watched, shown.targets, dataset.class_names),
        f"watched-curves-{run.id}",
        "Probability that the network gives each watched image's true class, by epoch",
    )


_WHICH = {
    "validation": "Validation images, which the network does not train on.",
    "test": "Test images: the seed's protocol holds no validation images out.",
    "train": "Training images, which a refit trains on: it holds none out.",
}


def _choose_epoch(run_id: str, epochs: tuple[int, ...]) -> int:
    """The epoch of the slider: the newest one, until a person moves it to another."""
    if len(epochs) == 1:
        return epochs[0]
    kept = f"watched-epoch-kept-{run_id}"
    newest = epochs[-1]
    chosen, anchor = st.session_state.get(kept, (newest, newest))
    # A slider that goes along is a new one after every epoch. Were it the same one, set anew, a refresh that the
    # browser asked for before it heard of that would still say the old epoch, and be taken for a person's choice.
    key = f"watched-epoch-{run_id}-{anchor}"
    return st.select_slider(
        "Epoch",
        epochs,
        chosen if chosen in epochs else newest,
        key=key,
        help="Moved to the right end, it goes along with the run again.",
        on_change=_keep_epoch,
        args=(kept, key, anchor, newest),
    )


def _keep_epoch(kept: str, key: str, anchor: int, newest: int) -> None:
    epoch = st.session_state[key]
    if epoch == newest:
        st.session_state.pop(kept, None)
    else:
        st.session_state[kept] = (epoch, anchor)
