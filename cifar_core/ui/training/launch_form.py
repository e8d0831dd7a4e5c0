"""The launch form of the Training page."""

from __future__ import annotations

import contextlib

import numpy as np
import streamlit as st

from cifar_core.data import DATASET_NAMES, dataset_info, require_dataset
from cifar_core.data.datasets import available_datasets
from cifar_core.data.splits import split_sizes
from cifar_core.errors import LabError, SpecError
from cifar_core.machine import require_device, training_device
from cifar_core.runs import Run, RunConfig, RunStore
from cifar_core.runs.config import MAX_NAME
from cifar_core.runs.refit import CHOSEN_BY_NONE, is_chosen_by
from cifar_core.training import TrainingSpec, learning_rate
from cifar_core.training.precision import require_precision
from cifar_core.ui import resources
from cifar_core.ui.choosing import choose_architecture, choose_augmentation_preset
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.field_titles import TITLES
from cifar_core.ui.figures.rates import rate_figure
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.misfit_view import tell_misfits
from cifar_core.ui.training.cloning import DATASET_KEY, NAME_KEY, draw_parent, forget_parent, parent_id
from cifar_core.ui.training.estimate_view import draw_estimate
from cifar_core.ui.training.live_view import watch_run
from cifar_core.ui.training.range_view import draw_range_test
from cifar_core.ui.training.recipe_editor import edit_all_settings, edit_recipe, select_recipe
from cifar_core.ui.training.spec_widgets import change_training
from cifar_core.ui.training.sweep_form import draw_sweep_form
from cifar_core.ui.workbench import current_workbench
from cifar_core.words import counted, plain

RATE_POINTS = 200


def draw_launch_form() -> None:
    """Everything about a run, and the button that launches it.

    Raises:
        SpecError: the choices make no valid run.
        StoreError: the store cannot be opened.
    """
    origin = st.container()
    left, right = st.columns(2)
    with left:
        choose_architecture()
    with right:
        choose_augmentation_preset()
    with left:
        dataset = _choose_dataset()
    with right:
        select_recipe()
    offer_cifar10()
    seeds = edit_recipe()
    name = _choose_name()
    bench = current_workbench()
    config = RunConfig.parse(
        {
            "name": name,
            "dataset": dataset,
            "architecture": bench.architecture.model_dump(),
            "augmentation": bench.augmentation.model_dump(),
            "training": bench.training.model_dump(),
        }
    )
    store, problem = resources.run_store(), _problem(config)
    refitted = _refitted(store, config)
    tell_misfits(config.augmentation, dataset_info(dataset), config.training.alternate_flips)
    pressed = st.button(
        "Launch",
        type="primary",
        icon=":material/rocket_launch:",
        width="stretch",
        key="launch",
        disabled=problem is not None,
    )
    if problem is not None:
        _tell_problem(problem, config.training)
    else:
        if pressed:
            _launch(store, config, seeds)
        if config.training.protocol == "refit" and refitted is None:
            st.caption(f":material/info: {CHOSEN_BY_NONE}")
        draw_estimate(store, config, seeds)
    with origin:
        draw_parent(refitted)  # only now: a launch forgets it
    edit_all_settings(dataset_info(dataset))
    st.markdown("**Learning rate**")
    _draw_rate(bench.training)
    if problem is None:
        draw_range_test(store, config)
        draw_sweep_form(store, config)


def _problem(config: RunConfig) -> str | None:
    """Why such a run would fail at once; None if it would not."""
    training = config.training
    images = (training.validation_images, training.limit_train, training.limit_test)
    try:
        split_sizes(dataset_info(config.dataset), training.protocol, *images)
        require_device(training.device)
        require_precision(training, training_device(training.device))
    except SpecError as error:
        return str(error)
    return None


def _tell_problem(problem: str, training: TrainingSpec) -> None:
    st.error(plain(problem), icon=":material/error:")
    changes = _fitting(training)
    if changes:
        st.button(
            "Make it fit this machine",
            icon=":material/build:",
            key="remedy",
            help="Sets " + ", ".join(f"{TITLES[field]} to {value}" for field, value in changes.items()) + ".",
            on_click=change_training,
            args=(changes,),
        )


def _fitting(training: TrainingSpec) -> dict[str, str]:
    """What to change so that this machine can train it, as where a GPU trained the example it is cloned from."""
    changes = {}
    try:
        require_device(training.device)
    except SpecError:
        changes["device"] = "auto"
    device = training_device(training.device if not changes else "auto")
    try:
        require_precision(training, device)
    except SpecError:
        changes["precision"] = "float32"
    if changes and device == "cpu" and training.execution != "eager":
        changes["execution"] = "eager"  # to compile the steps gains nothing on a processor, and takes minutes
    return changes


def _refitted(store: RunStore, config: RunConfig) -> Run | None:
    """The run that the form was cloned from, if it chose these settings and they are to train on all images."""
    parent = parent_id()
    if parent is None or config.training.protocol != "refit":
        return None
    with contextlib.suppress(LabError):  # it is gone, or cannot be read
        run = store.get(parent)
        return run if is_chosen_by(run, config) else None
    return None


def _choose_dataset() -> str:
    best = DATASET_NAMES.index(available_datasets()[0])
    dataset: str = st.selectbox(
        "Data set",
        DATASET_NAMES,
        # 0 once it has a value: a widget with both a default and a value set by the program is warned of.
        index=0 if DATASET_KEY in st.session_state else best,
        format_func=lambda name: dataset_info(name).title,
        key=DATASET_KEY,
        **KEPT,
    )
    return dataset


def _choose_name() -> str:
    bench = current_workbench()
    mark = " edited" if "architecture" in bench.edited else ""
    default = bench.architecture.name[: MAX_NAME - len(mark)] + mark
    name = st.text_input(
        "Name of the run", max_chars=MAX_NAME, key=NAME_KEY, placeholder=default, persist_state="session"
    )
    return (name or "").strip() or default


def _launch(store: RunStore, config: RunConfig, seeds: int) -> None:
    training = config.training
    try:
        require_dataset(config.dataset)
        trainings = [training.changed(seed=training.seed + number) for number in range(seeds)]
        configs = [config.changed(training=each.model_dump()) for each in trainings]
        launch = store.launch(configs, parent_id())
        resources.jobs().ring()
    except LabError as error:  # told at the button: the run that is being watched stays in view
        st.error(plain(str(error)), icon=":material/error:")
        return
    forget_parent()
    watch_run(launch.runs[0].id)
    st.toast(_what_came(config.name, seeds, launch.added), icon=":material/rocket_launch:")


def _what_came(name: str, asked: int, added: int) -> str:
    if added == asked:
        return f"{plain(name)} is queued{f' with {asked} seeds' if asked > 1 else ''}."
    what = "it waits or trains already" if asked == 1 else f"{asked - added} of {asked} wait or train already"
    return f"{plain(name)}: {what}. Another seed or any other change makes another run."


def _draw_rate(spec: TrainingSpec) -> None:
    """The learning rate over the run, before it starts."""
    epochs = np.linspace(0, spec.epochs, RATE_POINTS)
    rates = [learning_rate(spec, float(epoch)) for epoch in epochs]
    st.plotly_chart(
        rate_figure(epochs.tolist(), rates),
        key="rate",
        config={"displayModeBar": False},
        alt=f"Learning rate over {counted(spec.epochs, 'epoch')}, at most {max(rates):.4f}",
    )
