"""Saving what lies on the workbench by name, and deleting what was saved, with a way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.data import AugmentationSpec
from cifar_core.errors import LabError
from cifar_core.runs import NameTakenError, SavedSpecs
from cifar_core.runs.saved import MAX_NAME, Spec
from cifar_core.ui import resources
from cifar_core.ui.starts import Starts, architecture_starts, augmentation_starts
from cifar_core.ui.workbench import (
    architecture_on_workbench,
    augmentation_on_workbench,
    augmentation_preset_on_workbench,
    preset_on_workbench,
    put_augmentation,
    rebase_architecture,
)
from cifar_core.words import plain

POPOVER_WIDTH = 360
"""Screen pixels: a long sentence wraps."""


@dataclass(frozen=True, slots=True)
class _Shelf(Generic[Spec]):
    """One kind of spec: where it is saved, and how it lies on the workbench."""

    word: str
    store: Callable[[], SavedSpecs[Spec]]
    starts: Callable[[], Starts[Any]]
    model: type[Spec]
    on_workbench: Callable[[], Spec]
    lay: Callable[[str, Spec], None]

    def key(self, what: str) -> str:
        """A session state key of this kind."""
        return f"{what}-{self.word}"


_NETWORKS = _Shelf(
    "architecture",
    lambda: resources.run_store().architectures,
    architecture_starts,
    ArchitectureSpec,
    architecture_on_workbench,
    rebase_architecture,
)
_AUGMENTATIONS = _Shelf(
    "augmentation",
    lambda: resources.run_store().augmentations,
    augmentation_starts,
    AugmentationSpec,
    augmentation_on_workbench,
    put_augmentation,
)


def save_architecture() -> None:
    """Buttons that save the network on the workbench, or delete the saved one that it is based on."""
    _draw(_NETWORKS, preset_on_workbench().name)


def save_augmentation() -> None:
    """Buttons that save the augmentation on the workbench, or delete the saved one that it is based on."""
    _draw(_AUGMENTATIONS, augmentation_preset_on_workbench().name)


def tell_unreadable_architectures() -> None:
    """Says which saved networks cannot be read, with a button that deletes each."""
    _tell_unreadable(_NETWORKS)


def tell_unreadable_augmentations() -> None:
    """Says which saved augmentations cannot be read, with a button that deletes each."""
    _tell_unreadable(_AUGMENTATIONS)


def _draw(shelf: _Shelf[Any], base: str) -> None:
    popover = st.popover("Save", icon=":material/save:", key=shelf.key("save"), on_change="rerun")
    with popover, st.container(width=POPOVER_WIDTH):
        _ask_name(shelf, base)
    if base in shelf.starts().saved:
        st.button(
            "Delete",
            icon=":material/delete:",
            key=shelf.key("delete"),
            help="Deletes the saved one that this is based on. It can be brought back.",
            on_click=_delete,
            args=(shelf, base),
        )
    deleted = st.session_state.get(shelf.key("deleted"))
    if deleted:
        st.button(
            f"Bring {plain(deleted[0])} back",
            icon=":material/restore_from_trash:",
            key=shelf.key("restore"),
            on_click=_bring_back,
            args=(shelf, *deleted),
        )


def _ask_name(shelf: _Shelf[Any], base: str) -> None:
    refusal = shelf.key("refusal")
    name_key = f"{shelf.key('name')}-{base}"
    st.text_input(
        f"Name of this {shelf.word}",
        base if base in shelf.starts().saved else "",
        max_chars=MAX_NAME,
        key=name_key,
        placeholder="A name of your own",
        on_change=lambda: st.session_state.pop(refusal, None),
    )
    sentence, taken_name = st.session_state.get(refusal, ("", None))
    is_taken = taken_name is not None
    if sentence:
        st.warning(plain(sentence), icon=":material/warning:")
    st.button(
        "Replace it" if is_taken else "Save",
        type="primary",
        icon=":material/swap_horiz:" if is_taken else ":material/save:",
        key=shelf.key("replace" if is_taken else "save-now"),
        on_click=_save,
        args=(shelf, base, name_key, taken_name),
    )
    st.caption("It then stands in every list of this dashboard, and runs made from it carry its name.")


def _save(shelf: _Shelf[Any], base: str, name_key: str, taken_name: str | None) -> None:
    refusal, name = shelf.key("refusal"), st.session_state[name_key]
    try:
        # Only what was asked about is replaced: the name may have been typed anew just before the click.
        origin, replace = _origin(shelf, base), name == taken_name
        saved = shelf.store().save(name, shelf.on_workbench(), origin, replace)
    except LabError as error:
        st.session_state[refusal] = (str(error), name if isinstance(error, NameTakenError) else None)
        return
    for key in (refusal, shelf.key("deleted"), name_key):
        st.session_state.pop(key, None)
    st.session_state[shelf.key("save")] = False  # closes the popover
    shelf.lay(saved.name, saved.spec)
    st.toast(f"{plain(saved.name)} is saved: every page offers it.", icon=":material/save:")


def _origin(shelf: _Shelf[Any], base: str) -> str | None:
    """The preset that the spec on the workbench was made from, in one step or in several."""
    if base in shelf.starts().presets:
        return base
    saved = shelf.store().get(base)
    return saved.preset if saved else None


def _delete(shelf: _Shelf[Any], name: str) -> None:
    spec = shelf.on_workbench()
    try:
        deleted = shelf.store().delete(name)
    except LabError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    if deleted is not None:
        st.session_state[shelf.key("deleted")] = (deleted.name, deleted.spec.model_dump_json(), deleted.preset)
        shelf.lay(deleted.preset or name, spec)
    st.toast(f"{plain(name)} is deleted.", icon=":material/delete:")


def _bring_back(shelf: _Shelf[Any], name: str, spec_json: str, preset: str | None) -> None:
    try:
        saved = shelf.store().save(name, shelf.model.parse(spec_json), preset)
    except LabError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    st.session_state.pop(shelf.key("deleted"), None)
    if shelf.on_workbench() == saved.spec:
        shelf.lay(saved.name, saved.spec)
    st.toast(f"{plain(name)} is back.", icon=":material/restore_from_trash:")


def _tell_unreadable(shelf: _Shelf[Any]) -> None:
    for number, each in enumerate(shelf.starts().unreadable):
        st.warning(plain(each.problem), icon=":material/broken_image:")
        st.button(
            f"Delete {plain(each.name)}",
            icon=":material/delete:",
            key=f"{shelf.key('delete-unreadable')}-{number}",
            on_click=_delete,
            args=(shelf, each.name),
        )
