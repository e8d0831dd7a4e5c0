"""How a run trains: a recipe, and every one of its settings, explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from cifar_core.data import DatasetInfo
from cifar_core.machine import device_titles
from cifar_core.training import SEED_RECIPE, TrainingSpec, find_recipe, recipe_names
from cifar_core.training.precision import cpu_precisions
from cifar_core.ui.field_titles import TITLES
from cifar_core.ui.training.image_settings import edit_augmentation, edit_images
from cifar_core.ui.training.spec_widgets import (
    choice,
    kind_choice,
    number,
    optional_number,
    switch,
)
from cifar_core.ui.workbench import choose_recipe, put_training, recipe_on_workbench, training_on_workbench

SEEDS_KEY = "seeds"
MAX_SEEDS = 10
_RECIPE = "recipe"
_SHARED = ("schema_version", "recipe")
"""What is no setting: the version of the spec, and the recipe's name."""


def select_recipe() -> None:
    """A select box over the recipes."""
    st.session_state[_RECIPE] = recipe_on_workbench().name
    st.selectbox(
        "Recipe",
        recipe_names(),
        format_func=lambda name: find_recipe(name).title,
        key=_RECIPE,
        on_change=lambda: choose_recipe(st.session_state[_RECIPE]),
        help="A named way to train. Every setting below can be changed; each recipe keeps its changes.",
    )


def edit_recipe() -> int:
    """What the recipe teaches, with its main settings; returns the number of seeds."""
    st.caption(recipe_on_workbench().teaches)
    left, right = st.columns(2)
    with left:
        number("epochs", "Passes over the training images: 1 to 2,000.")
        number(
            "optimizer.learning_rate",
            "How far a step goes, where the schedule is at its top: above 0, at most 10. Too high and the loss "
            "explodes, too low and little is learnt; the range test below finds what a network bears.",
            0.01,
            "%g",
        )
        number("seed", "Decides initial weights, order of images, augmentation and dropout: 0 or more.")
    with right:
        number("batch_size", "Images a step: 2 to 8,192. Larger is steadier, and steps are fewer.")
        choice("device", device_titles(), "What trains. Automatic takes a GPU if there is one.")
        seeds = st.number_input(
            "Number of seeds",
            1,
            MAX_SEEDS,
            key=SEEDS_KEY,
            persist_state="session",
            help="Runs that differ in nothing but their seed are launched as one group: their spread tells luck from "
            f"skill. 1 to {MAX_SEEDS}.",
        )
    return int(seeds)


def edit_all_settings(dataset: DatasetInfo) -> None:
    """Every other setting, folded away, and what was changed of the recipe.

    Args:
        dataset: that the run is to train on.
    """
    with st.expander("All settings", icon=":material/tune:", key="all-settings"):
        _edit_optimizer()
        _edit_schedule()
        _edit_regularisation()
        edit_images(dataset)
        edit_augmentation()
        _edit_precision()
    _draw_changes()


def _edit_optimizer() -> None:
    st.markdown("**Optimizer**")
    rate = training_on_workbench().optimizer.learning_rate
    kind_choice(
        "optimizer",
        {"sgd": ("SGD with momentum", {"learning_rate": rate}), "adamw": ("AdamW", {"learning_rate": min(rate, 0.01)})},
        "SGD goes down the gradient; AdamW scales each weight's step by its own gradients (Loshchilov, Hutter 2019) "
        "and wants smaller rates.",
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    if training_on_workbench().optimizer.kind == "sgd":
        with left:
            number("optimizer.momentum", "Share of the last step that is kept: 0 to below 1.", form="%.3f")
        with right:
            switch("optimizer.nesterov", "Looks ahead along the momentum before it corrects (Sutskever 2013).")
    else:
        with left:
            number("optimizer.beta1", "Share of the mean gradient that is kept: 0 to below 1.", form="%.3f")
        with right:
            number("optimizer.beta2", "Share of the mean squared gradient kept: 0 to below 1.", 0.001, "%.4f")
    _edit_decay()


def _edit_decay() -> None:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        number(
            "optimizer.weight_decay",
            "Pulls every weight towards 0, so that none grows without need: 0 to below 1.",
            0.0001,
            "%g",
        )
    with right:
        switch(
            "decay_norms",
            "Whether weight decay also pulls at the scales and shifts of norms and at biases, which need it least.",
        )


def _edit_schedule() -> None:
    st.markdown("**Schedule of the learning rate**")
    epochs = training_on_workbench().epochs
    kind_choice(
        "schedule",
        {
            "one_cycle": ("One cycle: up, then down", {}),
            "cosine": ("Cosine: down, and up again behind its minimum", {"t_max": float(epochs)}),
            "constant": ("Constant", {}),
        },
        "How the rate moves over the run (one cycle: Smith, Topin 2018; cosine: Loshchilov, Hutter 2017).",
    )
    kind = training_on_workbench().schedule.kind
    left, right = st.columns(2)
    if kind == "cosine":
        with left:
            number("schedule.t_max", "Above 0, at most 2,000.", 0.5, "%.2f")
    elif kind == "one_cycle":
        with left:
            number("schedule.rise", "Of the run: above 0, below 1.", 0.05, "%.2f")
        with right:
            number("schedule.start", "As a share of the highest: above 0, at most 1.", form="%.3f")
    if kind != "constant":
        with left:
            number("schedule.floor", "As a share of the highest: 0 to 1.", 0.0001, "%.4f")


def _edit_regularisation() -> None:
    st.markdown("**Against overfitting and explosions**")
    number(
        "label_smoothing",
        "Share of the target spread evenly over all classes, so that no answer must be dead certain (Szegedy 2016): "
        "0 to below 1.",
        0.01,
        "%.2f",
    )
    optional_number(
        "ema_decay",
        "Evaluates a moving average of the weights, which keeps this share at every step (Polyak, Juditsky 1992): "
        "0.5 to below 1.",
        0.99,
        "%.4f",
    )
    optional_number(
        "clip_norm",
        "A gradient longer than this is scaled down to it, so that one bad batch cannot throw the network far "
        "(Pascanu 2013): above 0.",
        1.0,
        "%.2f",
    )


_PRECISIONS = {"float32": "float32", "bfloat16": "bfloat16 (mixed)", "float16": "float16 (mixed)"}


def _edit_precision() -> None:
    st.markdown("**Arithmetic**")
    executions = {"eager": "Operation by operation"}
    spec, has_gpu = training_on_workbench(), "cuda" in device_titles()
    precisions = {
        precision: title
        for precision, title in _PRECISIONS.items()
        if has_gpu or precision in {*cpu_precisions(), spec.precision}
    }
    if has_gpu or spec.execution != "eager":
        executions |= {"graph": "Recorded: a CUDA graph", "compiled": "Compiled: torch.compile"}
    choice(
        "precision",
        precisions,
        "Mixed precision computes the forward pass with half the bits and keeps the weights in float32: faster on a "
        "GPU, and in bfloat16 on a processor with matrix units for it (AMX). Other processors are many times slower "
        "with it, so it is not offered there.",
    )
    choice(
        "execution",
        executions,
        "On a GPU, a step of a compact network can be recorded once and replayed, or compiled, which takes a minute at "
        "first; both are faster. On a processor neither gains anything, so they are offered with a GPU alone.",
    )
    is_seed = spec.recipe == SEED_RECIPE
    choice(
        "augmentation_engine",
        {"albumentations": "albumentations: image by image", "batched": "Batched: the whole batch at once"},
        "This recipe trains through albumentations, as the assignment asks. Under another recipe you can choose."
        if is_seed
        else "What carries the augmentation out. Given the same draws, both make the same pictures. Batched is faster, "
        "and works on the GPU where one trains.",
        disabled=is_seed,
    )


def _draw_changes() -> None:
    recipe, spec = recipe_on_workbench(), training_on_workbench()
    changes = [
        f"{TITLES[path]} {_shown(before)} → {_shown(after)}"
        for path, before, after in changed_fields(recipe.spec, spec)
        if after is not None or path not in _of_another_kind(recipe.spec, spec)
    ]
    if changes:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Changed: " + "; ".join(changes), width="stretch")
            st.button(
                "Back to the recipe",
                icon=":material/restart_alt:",
                key="recipe.reset",
                on_click=put_training,
                args=(recipe.name, recipe.spec),
            )


def changed_fields(before: TrainingSpec, after: TrainingSpec) -> list[tuple[str, Any, Any]]:
    """What differs between two specs: dotted path, value before, value after; None where there is no such field."""
    one, other = dict(_leaves(before.model_dump())), dict(_leaves(after.model_dump()))
    paths = [path for path in dict.fromkeys((*one, *other)) if path not in _SHARED]
    return [(path, one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)]


def _of_another_kind(before: TrainingSpec, after: TrainingSpec) -> set[str]:
    """Paths of fields that went with their kind of optimizer or schedule: that it is another one says so already."""
    here = {path for path, _ in _leaves(after.model_dump())}
    return {path for path, _ in _leaves(before.model_dump()) if path not in here}


def _leaves(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
