"""The workbench: the architecture, augmentation and recipe that a person has at hand on every page.

Session state holds plain JSON, not our objects: a source edit re-imports modules, and objects of the old classes would
then fail every comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec, find_preset, num_params, receptive_field
from cifar_core.data import AugmentationPreset, AugmentationSpec
from cifar_core.machine import training_device
from cifar_core.training import FIRST_RUN, Recipe, TrainingSpec, find_recipe, recipe_names
from cifar_core.ui.starts import architecture_starts, augmentation_starts
from cifar_core.words import count, counted, plain

DEFAULT_PRESET, NO_AUGMENTATION = "seed-model-3", "none"
_ARCHITECTURE, _AUGMENTATION, _RECIPE = "workbench.architecture", "workbench.augmentation", "workbench.recipe"
_TRAININGS = "workbench.trainings"
"""Every recipe's settings as they were edited last, so that a look at another recipe loses none."""
_EARLIER = "workbench.earlier"
MAX_EARLIER = 100
"""Networks that can be taken back."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What Training would launch."""

    architecture: ArchitectureSpec
    augmentation: AugmentationSpec
    training: TrainingSpec
    edited: tuple[str, ...]
    """Which of "architecture", "augmentation", "recipe" differ from the preset that they are named after."""


def preset_on_workbench() -> ArchitecturePreset:
    """The preset or saved network that the one on the workbench was made from: it names augmentation and recipe.

    The default preset where it is saved no longer.
    """
    name, _ = st.session_state.get(_ARCHITECTURE, (DEFAULT_PRESET, None))
    starts = architecture_starts()
    return starts.find(name if name in starts.names else DEFAULT_PRESET)


def architecture_on_workbench() -> ArchitectureSpec:
    """The network on the workbench; where none was chosen, the default preset's."""
    _, architecture_json = st.session_state.get(_ARCHITECTURE, (DEFAULT_PRESET, None))
    return ArchitectureSpec.parse(architecture_json) if architecture_json else preset_on_workbench().spec


def augmentation_preset_on_workbench() -> AugmentationPreset:
    """The preset or saved augmentation that the one on the workbench was made from, as `preset_on_workbench`."""
    default = preset_on_workbench().augmentation
    name, _ = st.session_state.get(_AUGMENTATION, (default, None))
    starts = augmentation_starts()
    return starts.find(name if name in starts.names else default)


def augmentation_on_workbench() -> AugmentationSpec:
    """The augmentation on the workbench; where none was chosen, that of the network's preset."""
    _, augmentation_json = st.session_state.get(_AUGMENTATION, ("", None))
    if augmentation_json:
        return AugmentationSpec.parse(augmentation_json)
    return augmentation_preset_on_workbench().spec


def default_recipe(preset: ArchitecturePreset) -> str:
    """Name of the recipe that a network starts with: its preset's own, or a run of minutes where that needs a GPU."""
    return preset.recipe if preset.for_processor or training_device("auto") == "cuda" else FIRST_RUN


def recipe_on_workbench() -> Recipe:
    """The recipe that the way to train on the workbench was made from."""
    name = st.session_state.get(_RECIPE)
    return find_recipe(name if name in recipe_names() else default_recipe(preset_on_workbench()))


def training_on_workbench() -> TrainingSpec:
    """The way to train on the workbench; where nothing was changed, the recipe's own."""
    recipe = recipe_on_workbench()
    training_json = st.session_state.get(_TRAININGS, {}).get(recipe.name)
    return TrainingSpec.parse(training_json) if training_json else recipe.spec


def current_workbench() -> Workbench:
    """What lies on the workbench; where nothing was chosen, the architecture preset's own defaults."""
    preset, augmentation_preset = preset_on_workbench(), augmentation_preset_on_workbench()
    architecture, augmentation = architecture_on_workbench(), augmentation_on_workbench()
    training = training_on_workbench()
    pairs = {
        "architecture": architecture != preset.spec,
        "augmentation": augmentation != augmentation_preset.spec,
        "recipe": training != recipe_on_workbench().spec,
    }
    return Workbench(architecture, augmentation, training, tuple(name for name, differs in pairs.items() if differs))


def put_architecture(preset_name: str, spec: ArchitectureSpec) -> None:
    """Lays a network on the workbench; the one that lay there can be taken back."""
    state = st.session_state
    before = state.get(_ARCHITECTURE, (DEFAULT_PRESET, find_preset(DEFAULT_PRESET).spec.model_dump_json()))
    now = (preset_name, spec.model_dump_json())
    if now != before:
        state[_EARLIER] = [*state.get(_EARLIER, []), before][-MAX_EARLIER:]
    state[_ARCHITECTURE] = now


def rebase_architecture(preset_name: str, spec: ArchitectureSpec) -> None:
    """Lays the same network under another name, or on another preset: there is nothing to take back."""
    st.session_state[_ARCHITECTURE] = (preset_name, spec.model_dump_json())


def can_undo() -> bool:
    """Whether a network lay on the workbench before this one."""
    return bool(st.session_state.get(_EARLIER))


def undo_architecture() -> None:
    """Takes back the last change of the network."""
    if can_undo():
        *earlier, before = st.session_state[_EARLIER]
        st.session_state[_EARLIER], st.session_state[_ARCHITECTURE] = earlier, before


def forget_choices() -> None:
    """Lets augmentation and recipe follow the preset again; for when another one is chosen."""
    for key in (_AUGMENTATION, _RECIPE):
        st.session_state.pop(key, None)


def start_from_architecture(name: str) -> None:
    """Lays a preset or saved network on the workbench, with its own augmentation and recipe; for callbacks.

    Raises:
        SpecError: there is neither of that name.
    """
    put_architecture(name, architecture_starts().find(name).spec)
    forget_choices()


def start_from_augmentation(name: str) -> None:
    """Lays a preset or saved augmentation on the workbench; for callbacks.

    Raises:
        SpecError: there is neither of that name.
    """
    put_augmentation(name, augmentation_starts().find(name).spec)


def has_chosen(kind: str) -> bool:
    """Whether this session has an "architecture", "augmentation" or "recipe" of its own yet."""
    return f"workbench.{kind}" in st.session_state


def put_augmentation(preset_name: str, spec: AugmentationSpec) -> None:
    """Lays an augmentation on the workbench."""
    st.session_state[_AUGMENTATION] = (preset_name, spec.model_dump_json())


def choose_recipe(name: str) -> None:
    """Lays a recipe on the workbench, as it was edited last."""
    st.session_state[_RECIPE] = name


def put_training(recipe_name: str, spec: TrainingSpec) -> None:
    """Lays a way to train on the workbench."""
    st.session_state[_RECIPE] = recipe_name
    st.session_state[_TRAININGS] = {**st.session_state.get(_TRAININGS, {}), recipe_name: spec.model_dump_json()}


def draw_strip() -> None:
    """One line that names what is on the workbench."""
    bench = current_workbench()
    layers = bench.architecture.layers
    numbers = f"{count(num_params(layers))} parameters, field {receptive_field(layers)} px"
    parts = (
        ("architecture", ":material/schema:", bench.architecture.name, numbers),
        ("augmentation", ":material/auto_fix_high:", bench.augmentation.name, ""),
        (
            "recipe",
            ":material/timer:",
            bench.training.recipe,
            counted(bench.training.epochs, "epoch"),
        ),
    )
    texts = []
    for kind, icon, name, detail in parts:
        mark = " :orange-badge[edited]" if kind in bench.edited else ""
        texts.append(f"{icon} {kind} **{plain(name)}**{mark}{', ' + detail if detail else ''}")
    st.caption("On the workbench: " + "  ·  ".join(texts))
