"""What a design can start from: the presets, and what was saved in the store, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import streamlit as st

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec, find_preset, preset_names
from cifar_core.data import AugmentationPreset, AugmentationSpec, augmentation_names, find_augmentation
from cifar_core.errors import SpecError
from cifar_core.runs.saved import Saved, Unreadable, as_preset
from cifar_core.ui import resources
from cifar_core.words import moment

Preset = TypeVar("Preset", ArchitecturePreset, AugmentationPreset)

_ARCHITECTURES, _AUGMENTATIONS = "starts.architectures", "starts.augmentations"


@dataclass(frozen=True, slots=True)
class Starts(Generic[Preset]):
    """Everything of one kind that can be chosen by name."""

    kind: str
    """Architecture or augmentation: the word for a sentence."""
    presets: Mapping[str, Preset]
    saved: Mapping[str, Preset] = field(default_factory=dict)
    """Without those named as a preset of this version."""
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The presets', then those of what was saved."""
        return (*self.presets, *self.saved)

    def find(self, name: str) -> Preset:
        """Looks a preset, or something saved in the form of one, up.

        Raises:
            SpecError: there is neither of that name.
        """
        found = self.presets.get(name) or self.saved.get(name)
        if found is None:
            raise SpecError(
                f"There is no {self.kind} {name!r}, neither as a preset ({', '.join(self.presets)}) nor among the "
                f"{len(self.saved)} saved in this store."
            )
        return found

    def title(self, name: str) -> str:
        """What a list shows for a name."""
        return self.find(name).title


def read_saved() -> None:
    """Reads what is saved, once for a run of a page.

    Raises:
        StoreError: the store cannot be used; until it can, there are the presets alone.
    """
    for key in (_ARCHITECTURES, _AUGMENTATIONS):
        st.session_state.pop(key, None)
    store = resources.run_store()
    st.session_state[_ARCHITECTURES] = _with_architectures(*store.architectures.read())
    st.session_state[_AUGMENTATIONS] = _with_augmentations(*store.augmentations.read())


def architecture_starts() -> Starts[ArchitecturePreset]:
    """The preset and saved networks."""
    starts: Starts[ArchitecturePreset] = st.session_state.get(_ARCHITECTURES) or _with_architectures()
    return starts


def augmentation_starts() -> Starts[AugmentationPreset]:
    """The preset and saved augmentations."""
    starts: Starts[AugmentationPreset] = st.session_state.get(_AUGMENTATIONS) or _with_augmentations()
    return starts


def _with_architectures(
    saved: Sequence[Saved[ArchitectureSpec]] = (), unreadable: Sequence[Unreadable] = ()
) -> Starts[ArchitecturePreset]:
    presets = {name: find_preset(name) for name in preset_names()}
    as_presets = {each.name: as_preset(each) for each in saved if each.name not in presets}
    return Starts("architecture", presets, as_presets, tuple(unreadable))


def _with_augmentations(
    saved: Sequence[Saved[AugmentationSpec]] = (), unreadable: Sequence[Unreadable] = ()
) -> Starts[AugmentationPreset]:
    presets = {name: find_augmentation(name) for name in augmentation_names()}
    as_presets = {
        each.name: AugmentationPreset(each.name, each.name, f"Saved on {moment(each.saved_at)} (UTC).", each.spec)
        for each in saved
        if each.name not in presets
    }
    return Starts("augmentation", presets, as_presets, tuple(unreadable))
