"""The launch form of the Training page."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cifar_core.analysis.duration import estimate_duration
from cifar_core.data import DATASET_NAMES, dataset_info, require_dataset
from cifar_core.data.datasets import available_datasets
from cifar_core.errors import LabError
from cifar_core.machine import machine_title
from cifar_core.protocol import PROTOCOL_TITLES, Protocol
from cifar_core.runs import RunConfig, RunStore
from cifar_core.training import TrainingSpec, find_recipe, learning_rate, recipe_names
from cifar_core.ui import resources
from cifar_core.ui.figures.curves import rate_figure
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.workbench import RECIPE_KEY, current_workbench, preset_on_workbench, put_training
from cifar_core.words import duration, moment, plain

RATE_POINTS = 200


def choose_run() -> RunConfig:
    """Widgets for everything about a run that is not on the workbench already.

    Raises:
        SpecError: the choices make no valid run.
    """
    bench = current_workbench()
    dataset = st.selectbox(
        "Data set",
        DATASET_NAMES,
        index=DATASET_NAMES.index(available_datasets()[0]),
        format_func=lambda name: dataset_info(name).title,
        key="dataset",
        **KEPT,
    )
    spec = _choose_training()
    default_name = bench.architecture.name + (" edited" if "architecture" in bench.edited else "")
    name = st.text_input("Name of the run", default_name, max_chars=80, key="run-name")
    return RunConfig.parse(
        {
            "name": name.strip() or default_name,
            "dataset": dataset,
            "architecture": bench.architecture.model_dump(),
            "augmentation": bench.augmentation.model_dump(),
            "training": spec.model_dump(),
        }
    )


def _choose_training() -> TrainingSpec:
    names = recipe_names()
    recipe_name = st.selectbox(
        "Recipe",
        names,
        # The preset's, not the last choice: a choice that is the default is not kept in the URL.
        index=names.index(preset_on_workbench().recipe),
        format_func=lambda name: find_recipe(name).title,
        key=RECIPE_KEY,
        **KEPT,
    )
    recipe = find_recipe(recipe_name)
    st.caption(recipe.teaches)
    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 2000, recipe.spec.epochs, key=f"{recipe_name}.epochs", **KEPT)
    batch_size = right.number_input("Batch size", 2, 8192, recipe.spec.batch_size, key=f"{recipe_name}.batch", **KEPT)
    rate = left.number_input(
        "Highest learning rate",
        0.0001,
        10.0,
        recipe.spec.optimizer.learning_rate,
        format="%.4f",
        key=f"{recipe_name}.rate",
        **KEPT,
    )
    seed = right.number_input(
        "Seed", 0, 2**31 - 1, 0, key="seed", help="Decides weights, order, augmentation and dropout.", **KEPT
    )
    protocols: tuple[Protocol, ...] = ("validation", "seed")
    protocol = st.radio(
        "Protocol", protocols, format_func=lambda p: PROTOCOL_TITLES[p], key="protocol", persist_state="session"
    )
    spec = recipe.spec.changed(
        epochs=int(epochs),
        batch_size=int(batch_size),
        optimizer={**recipe.spec.optimizer.model_dump(), "learning_rate": rate},
        seed=int(seed),
        protocol=protocol,
    )
    put_training(recipe_name, spec)
    return spec


def draw_rate(spec: TrainingSpec) -> None:
    """The learning rate over the run, before it starts."""
    epochs = np.linspace(0, spec.epochs, RATE_POINTS)
    rates = [learning_rate(spec, float(epoch)) for epoch in epochs]
    st.plotly_chart(
        rate_figure(epochs.tolist(), rates),
        key="rate",
        config={"displayModeBar": False},
        alt=f"Learning rate over {spec.epochs} epochs, at most {max(rates):.4f}",
    )


def launch_button(config: RunConfig) -> None:
    """Launch, with the time that it will take where the store knows it.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = resources.run_store()
    estimate = estimate_duration(store, config)
    if st.button("Launch", type="primary", icon=":material/rocket_launch:", width="stretch", key="launch"):
        _launch(store, config)
    if estimate is None:
        st.caption(f"On {machine_title()}. How long it takes is unknown here until a first epoch of it is measured.")
    else:
        measured = estimate.measured_on
        st.caption(
            f"About {duration(estimate.seconds)}, as measured on {measured.device} on {moment(measured.started_at)}."
        )


def _launch(store: RunStore, config: RunConfig) -> None:
    try:
        require_dataset(config.dataset)
        run = store.enqueue(config)
        resources.jobs().ring()
    except LabError as error:  # told at the button: the run that is being watched stays in view
        st.error(str(error), icon=":material/error:")
        return
    st.session_state["watched-run"] = run.id
    st.toast(f"{plain(run.name)} is queued.", icon=":material/rocket_launch:")
