"""The workbench: the architecture, augmentation and recipe that a person has at hand on every page.

Session state holds plain JSON, not our objects: a source edit re-imports modules, and objects of the old classes would
then fail every comparison.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.state import QueryParamsProxy

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec, find_preset, num_params, receptive_field
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec, find_recipe
from cifar_core.words import count, plain

DEFAULT_PRESET = "seed-model-3"
MAX_LINKED_BYTES = 200_000
"""Of a spec in a URL, unpacked: a small link must not fill the memory."""
AUGMENTATION_KEY, RECIPE_KEY = "augmentation", "recipe"
"""Keys of the select boxes over augmentation presets and recipes."""
_ARCHITECTURE, _AUGMENTATION, _TRAINING = "workbench.architecture", "workbench.augmentation", "workbench.training"
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
    """The preset that the network on the workbench was made from: it names the default augmentation and recipe."""
    preset_name, _ = st.session_state.get(_ARCHITECTURE, (DEFAULT_PRESET, None))
    return find_preset(preset_name)


def architecture_on_workbench() -> ArchitectureSpec:
    """The network on the workbench; where none was chosen, the default preset's."""
    _, architecture_json = st.session_state.get(_ARCHITECTURE, (DEFAULT_PRESET, None))
    return ArchitectureSpec.parse(architecture_json) if architecture_json else preset_on_workbench().spec


def current_workbench() -> Workbench:
    """What lies on the workbench; where nothing was chosen, the architecture preset's own defaults."""
    state = st.session_state
    preset = preset_on_workbench()
    architecture = architecture_on_workbench()
    augmentation_name, augmentation_json = state.get(_AUGMENTATION, (preset.augmentation, None))
    named_augmentation = find_augmentation(augmentation_name).spec
    augmentation = AugmentationSpec.parse(augmentation_json) if augmentation_json else named_augmentation
    recipe_name, training_json = state.get(_TRAINING, (preset.recipe, None))
    named_recipe = find_recipe(recipe_name).spec
    training = TrainingSpec.parse(training_json) if training_json else named_recipe
    pairs = {
        "architecture": architecture != preset.spec,
        "augmentation": augmentation != named_augmentation,
        "recipe": training != named_recipe,
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
    for key in (_AUGMENTATION, _TRAINING, AUGMENTATION_KEY, RECIPE_KEY):
        st.session_state.pop(key, None)


def keep_in_link() -> None:
    """Writes the workbench into the page's URL, so that a reload and a shared link show what stands there now."""
    bench, preset = current_workbench(), preset_on_workbench()
    link = st.query_params
    is_new = (preset.name, bench.architecture) != (DEFAULT_PRESET, find_preset(DEFAULT_PRESET).spec)
    _set_or_drop(link, "network", architecture_link(preset, bench.architecture) if is_new else None)
    is_own = bench.augmentation != find_augmentation(preset.augmentation).spec
    _set_or_drop(link, "transforms", f"{bench.augmentation.name}~{_packed(bench.augmentation)}" if is_own else None)


def architecture_link(preset: ArchitecturePreset, spec: ArchitectureSpec) -> str:
    """What `?network=` names a network by: its preset, and behind it the whole network where it was edited."""
    return preset.name if spec == preset.spec else f"{preset.name}~{_packed(spec)}"


def restore_from_link() -> None:
    """Takes the workbench from the URL of a page that was reloaded, unless this session has one already.

    Raises:
        SpecError: the link was damaged.
    """
    link = st.query_params
    if _ARCHITECTURE not in st.session_state and "network" in link:
        name, _, packed = link["network"].partition("~")
        preset = find_preset(name)
        st.session_state[_ARCHITECTURE] = (name, preset.spec.model_dump_json())
        if packed:
            st.session_state[_ARCHITECTURE] = (name, ArchitectureSpec.parse(_unpacked(packed)).model_dump_json())
    if _AUGMENTATION not in st.session_state and "transforms" in link:
        name, _, packed = link["transforms"].partition("~")
        put_augmentation(find_augmentation(name).name, AugmentationSpec.parse(_unpacked(packed)))


def _packed(spec: ArchitectureSpec | AugmentationSpec) -> str:
    return urlsafe_b64encode(zlib.compress(spec.model_dump_json().encode(), 9)).decode()


def _unpacked(packed: str) -> bytes:
    try:
        inflater = zlib.decompressobj()
        unpacked = inflater.decompress(urlsafe_b64decode(packed), MAX_LINKED_BYTES)
    except (ValueError, zlib.error):
        inflater, unpacked = None, b""
    if inflater is None or not inflater.eof:
        raise SpecError("The link to this page is damaged: open the page from the menu, and choose the network anew.")
    return unpacked


def _set_or_drop(link: QueryParamsProxy, name: str, value: str | None) -> None:
    if value is not None:
        if link.get(name) != value:  # each write goes to the browser
            link[name] = value
    elif name in link:
        del link[name]


def put_augmentation(preset_name: str, spec: AugmentationSpec) -> None:
    """Lays an augmentation on the workbench."""
    st.session_state[_AUGMENTATION] = (preset_name, spec.model_dump_json())


def put_training(recipe_name: str, spec: TrainingSpec) -> None:
    """Lays a way to train on the workbench."""
    st.session_state[_TRAINING] = (recipe_name, spec.model_dump_json())


def draw_strip() -> None:
    """One line that names what is on the workbench."""
    bench = current_workbench()
    layers = bench.architecture.layers
    numbers = f"{count(num_params(layers))} parameters, field {receptive_field(layers)} px"
    epochs = bench.training.epochs
    parts = (
        ("architecture", ":material/schema:", bench.architecture.name, numbers),
        ("augmentation", ":material/auto_fix_high:", bench.augmentation.name, ""),
        (
            "recipe",
            ":material/timer:",
            bench.training.recipe,
            f"{epochs} epoch{'s' if epochs > 1 else ''}",
        ),
    )
    texts = []
    for kind, icon, name, detail in parts:
        mark = " :orange-badge[edited]" if kind in bench.edited else ""
        texts.append(f"{icon} {kind} **{plain(name)}**{mark}{', ' + detail if detail else ''}")
    st.caption("On the workbench: " + "  ·  ".join(texts))
