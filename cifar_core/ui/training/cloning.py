"""A run's settings in the launch form."""

from __future__ import annotations

import streamlit as st

from cifar_core.runs import Run, RunConfig
from cifar_core.runs.refit import LIMITS_LEFT_OUT, has_limits, refit_config
from cifar_core.training import FIRST_RUN, recipe_names
from cifar_core.ui.starts import architecture_starts, augmentation_starts
from cifar_core.ui.workbench import (
    DEFAULT_PRESET,
    put_architecture,
    put_augmentation,
    put_training,
)
from cifar_core.words import plain

DATASET_KEY, NAME_KEY = "dataset", "run-name"
"""Keys of the form's boxes."""
_PARENT = "launch.parent"


def lay_out_clone(run: Run) -> None:
    """Lays everything about a run on the workbench and into the form; for callbacks."""
    _lay_out(run, run.config)


def lay_out_refit(run: Run) -> None:
    """The same, to train on all images; for callbacks.

    Raises:
        SpecError: as `refit_config`.
    """
    _lay_out(run, refit_config(run))


def _lay_out(run: Run, config: RunConfig) -> None:
    # What it is called after, where that is known here; else everything counts as a change of the default.
    architecture = config.architecture.name
    put_architecture(
        architecture if architecture in architecture_starts().names else DEFAULT_PRESET, config.architecture
    )
    augmentation = config.augmentation.name
    known = augmentation in augmentation_starts().names
    put_augmentation(augmentation if known else augmentation_starts().names[0], config.augmentation)
    recipe = config.training.recipe
    put_training(recipe if recipe in recipe_names() else FIRST_RUN, config.training)
    st.session_state[DATASET_KEY] = config.dataset
    st.session_state[NAME_KEY] = config.name
    st.session_state[_PARENT] = (run.id, run.name)


def parent_id() -> str | None:
    """The run that the form was cloned from; None if it was not."""
    parent = st.session_state.get(_PARENT)
    return None if parent is None else str(parent[0])


def forget_parent() -> None:
    """What is launched next stands for itself."""
    st.session_state.pop(_PARENT, None)


def draw_parent(refitted: Run | None) -> None:
    """Says which run the form was cloned from, if it was.

    Args:
        refitted: that run, where the form holds its settings for all images.
    """
    parent = st.session_state.get(_PARENT)
    if parent is None:
        return
    run_id, name = parent
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"{plain(name)} ({run_id[-6:]})"
        if refitted is None:
            sentence = f"Cloned from {told}; change one thing and launch."
        else:
            limits = f" {LIMITS_LEFT_OUT}" if has_limits(refitted) else ""
            sentence = f"A refit of {told}: its settings, all images.{limits}"
        st.caption(sentence, width="stretch")
        st.button("Forget", icon=":material/close:", key="forget-parent", on_click=forget_parent, type="tertiary")
