"""Widgets of the Augmentation page: one box a transform or mixer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.data import AugmentationPreset, AugmentationSpec
from cifar_core.data.augmentation import Transform
from cifar_core.data.augmentation.catalogue import MIXERS, TRANSFORMS
from cifar_core.data.augmentation.mixers import Mixer
from cifar_core.ui.augmentation.fields import FIELDS, ChoiceField, Field, SliderField
from cifar_core.ui.saving import save_augmentation, tell_unreadable_augmentations
from cifar_core.ui.starts import augmentation_starts
from cifar_core.ui.workbench import (
    augmentation_on_workbench,
    augmentation_preset_on_workbench,
    put_augmentation,
    start_from_augmentation,
)

_START = "augmentation"
_ORDER = list(TRANSFORMS)

Part = Transform | Mixer


def choose_augmentation() -> AugmentationSpec:
    """A preset or saved augmentation to start from and, below it, every transform and mixer with its sliders.

    The workbench is what counts: the widgets show what lies there, whoever laid it, and change it.

    Returns:
        What lies on the workbench.
    """
    preset, spec, starts = augmentation_preset_on_workbench(), augmentation_on_workbench(), augmentation_starts()
    st.session_state[_START] = preset.name
    st.selectbox("Start from", starts.names, format_func=starts.title, key=_START, on_change=_start_from_chosen)
    tell_unreadable_augmentations()
    st.caption(preset.teaches)
    if preset.reconstructed:
        st.caption(f":material/info: Reconstructed: {preset.reconstructed}")
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Back to the preset" if preset.name in starts.presets else "Back to saved",
            icon=":material/restart_alt:",
            key="reset-augmentation",
            on_click=put_augmentation,
            args=(preset.name, preset.spec),
            disabled=spec == preset.spec,
        )
        save_augmentation()
        _offer_order(spec)
    _tell_order(spec)
    for kind, info in TRANSFORMS.items():
        start = _find(preset.spec.transforms, kind) or info.make()
        _draw_box(preset, start, _find(spec.transforms, kind), info.title, info.teaches, info.albumentations)
    st.caption("**Mixing the batch**: two images become one, and so do their classes. Show *A batch* to see it.")
    for kind, mixer in MIXERS.items():
        first = _find(preset.spec.batch, kind) or mixer.make()
        _draw_box(preset, first, _find(spec.batch, kind), mixer.title, mixer.teaches, "")
    return spec


def _start_from_chosen() -> None:
    start_from_augmentation(st.session_state[_START])


def _tell_order(spec: AugmentationSpec) -> None:
    if len(spec.transforms) > 1:
        titles = [TRANSFORMS[transform.type].title for transform in spec.transforms]
        st.caption(f"In this order: {', then '.join(title.lower() for title in titles)}.")


def _offer_order(spec: AugmentationSpec) -> None:
    """A way to change in which order the transforms happen."""
    if len(spec.transforms) < 2:
        return
    with st.popover("Order", icon=":material/swap_vert:"):
        for place, transform in enumerate(spec.transforms):
            st.button(
                f"{place + 1}. {TRANSFORMS[transform.type].title}",
                icon=":material/arrow_upward:",
                key=f"earlier-{place}",
                help="Moves it one place earlier.",
                disabled=place == 0,
                on_click=_move_earlier,
                args=(place,),
            )


def _move_earlier(place: int) -> None:
    transforms = list(augmentation_on_workbench().transforms)
    if 0 < place < len(transforms):
        transforms[place - 1], transforms[place] = transforms[place], transforms[place - 1]
        _put(transforms=transforms)


def _draw_box(
    preset: AugmentationPreset, start: Part, now: Part | None, title: str, teaches: str, albumentations: str
) -> None:
    """One transform's or mixer's switch and, while it is on, its sliders."""
    with st.container(border=True):
        key = f"{preset.name}.{start.type}"
        st.session_state[key] = now is not None
        st.toggle(f"**{title}**", key=key, help=teaches, on_change=_switch, args=(key, start))
        if now is None:
            return
        if albumentations:
            st.caption(f"albumentations: `{albumentations}`")
        for number, field in enumerate(FIELDS[start.type]):
            if number % 2 == 0:
                columns = st.columns(2)
            with columns[number % 2]:
                _draw_field(field, f"{key}.{field.field}", now, start)


def _draw_field(field: Field, key: str, now: Part, start: Part) -> None:
    value = getattr(now, field.field)
    if isinstance(field, ChoiceField):
        st.session_state[key] = value
        st.selectbox(
            field.label,
            list(field.options),
            format_func=field.options.__getitem__,
            key=key,
            help=field.help or None,
            on_change=_change,
            args=(key, field, start),
        )
        return
    shown = field.shown(value)
    st.session_state[key] = shown
    low, high = field.limits(shown)
    st.slider(
        field.label,
        low,
        high,
        step=field.step,
        key=key,
        help=field.help or None,
        on_change=_change,
        args=(key, field, start),
    )


def _switch(key: str, start: Part) -> None:
    """Takes a transform or mixer in, as the preset has it and at its place in the catalogue's order, or out."""
    spec, is_on = augmentation_on_workbench(), bool(st.session_state[key])
    if start.type in MIXERS:
        mixers = [mixer for mixer in spec.batch if mixer.type != start.type]
        _put(batch=[*mixers, start] if is_on else mixers)
        return
    transforms: list[Part] = [transform for transform in spec.transforms if transform.type != start.type]
    if is_on:
        before = [_ORDER.index(transform.type) < _ORDER.index(start.type) for transform in transforms]
        transforms.insert(max((place + 1 for place, is_before in enumerate(before) if is_before), default=0), start)
    _put(transforms=transforms)


def _change(key: str, field: Field, start: Part) -> None:
    """Changes one field; back where it began, it has the exact value again, whatever the slider's unit rounds to."""
    chosen, first, spec = st.session_state[key], getattr(start, field.field), augmentation_on_workbench()
    value = chosen
    if isinstance(field, SliderField):
        value = first if chosen == field.shown(first) else field.field_value(chosen)
    name = "batch" if start.type in MIXERS else "transforms"
    parts: Sequence[Part] = spec.batch if name == "batch" else spec.transforms
    _put(**{name: [part.changed(**{field.field: value}) if part.type == start.type else part for part in parts]})


def _put(**parts: Sequence[Part]) -> None:
    changes = {name: [part.model_dump() for part in each] for name, each in parts.items()}
    put_augmentation(augmentation_preset_on_workbench().name, augmentation_on_workbench().changed(**changes))


def _find(parts: Sequence[Part], kind: str) -> Part | None:
    return next((part for part in parts if part.type == kind), None)
