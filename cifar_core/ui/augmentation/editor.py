"""Widgets of the Augmentation page: one box a transform or mixer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cifar_core.data import AugmentationPreset, AugmentationSpec
from cifar_core.data.augmentation import Transform
from cifar_core.data.augmentation.catalogue import MIXERS, TRANSFORMS, MixerInfo, TransformInfo, nth_title, titles
from cifar_core.data.augmentation.mixers import Mixer
from cifar_core.data.augmentation.spec import MAX_TRANSFORMS
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
_PARKED = "augmentation.parked"
"""By the key of its switch: a transform or mixer as it was when it was switched off."""
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
            on_click=_back_to,
            args=(preset,),
            disabled=spec == preset.spec,
        )
        save_augmentation()
        _offer_order(spec)
    _tell_order(spec)
    for info in TRANSFORMS.values():
        _draw_boxes(preset, spec.transforms, preset.spec.transforms, info, f" `{info.albumentations}`")
    st.caption("**Mixing the batch**: two images become one, and so do their classes. Show *A batch* to see it.")
    for mixer in MIXERS.values():
        _draw_boxes(preset, spec.batch, preset.spec.batch, mixer)
    return spec


def _back_to(preset: AugmentationPreset) -> None:
    st.session_state.pop(_PARKED, None)
    put_augmentation(preset.name, preset.spec)


def _start_from_chosen() -> None:
    st.session_state.pop(_PARKED, None)
    start_from_augmentation(st.session_state[_START])


def _tell_order(spec: AugmentationSpec) -> None:
    if len(spec.transforms) > 1:
        st.caption(f"In this order: {' → '.join(titles(spec.transforms))}")


def _offer_order(spec: AugmentationSpec) -> None:
    """A way to change in which order the transforms happen."""
    if len(spec.transforms) < 2:
        return
    with st.popover("Order", icon=":material/swap_vert:"):
        last = len(spec.transforms) - 1
        for place, title in enumerate(titles(spec.transforms)):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                for way, to, is_end in (("earlier", place - 1, place == 0), ("later", place + 1, place == last)):
                    st.button(
                        way.capitalize(),
                        icon=":material/arrow_upward:" if way == "earlier" else ":material/arrow_downward:",
                        key=f"{way}-{place}",
                        help=f"Moves {title} one place {way}",
                        disabled=is_end,
                        on_click=_swap,
                        args=(place, to),
                    )
                st.markdown(f"{place + 1}. {title}", width="content")


def _swap(place: int, other: int) -> None:
    """Lets two transforms change places, where both are there still."""
    transforms = list(augmentation_on_workbench().transforms)
    if max(place, other) < len(transforms):
        transforms[place], transforms[other] = transforms[other], transforms[place]
        _put(transforms=transforms)


def _draw_boxes(
    preset: AugmentationPreset,
    parts: Sequence[Part],
    first: Sequence[Part],
    info: TransformInfo | MixerInfo,
    named: str = "",
) -> None:
    """A box for each transform or mixer of one kind: one where there is none yet, more where it comes again.

    Args:
        preset: what the workbench began with.
        parts: all that lie on the workbench.
        first: all as the preset has them.
        info: of the kind.
        named: what it is called elsewhere, behind its title.
    """
    kind = info.make().type
    on, as_preset = _of_kind(parts, kind), _of_kind(first, kind)
    for nth in range(max(1, len(on))):
        start = as_preset[nth] if nth < len(as_preset) else info.make()
        key = f"{preset.name}.{kind}.{nth + 1}" if nth else f"{preset.name}.{kind}"
        with st.container(border=True):
            st.session_state[key] = bool(on)
            is_full = not on and kind in TRANSFORMS and len(parts) >= MAX_TRANSFORMS
            told = f"There are {MAX_TRANSFORMS} transforms, which is the most: switch one off." if is_full else ""
            st.toggle(
                f"**{nth_title(kind, nth)}**{named}",
                key=key,
                help=told or info.teaches,
                disabled=is_full,
                on_change=_switch,
                args=(key, start, nth),
            )
            if on:
                st.caption(info.teaches)
                _draw_fields(key, on[nth], start, nth)


def _draw_fields(key: str, now: Part, start: Part, nth: int) -> None:
    for number, field in enumerate(FIELDS[start.type]):
        if number % 2 == 0:
            columns = st.columns(2)
        with columns[number % 2]:
            _draw_field(field, f"{key}.{field.field}", now, start, nth)


def _draw_field(field: Field, key: str, now: Part, start: Part, nth: int) -> None:
    value = getattr(now, field.field)
    if isinstance(field, ChoiceField):
        st.session_state[key] = value
        st.selectbox(
            field.label,
            field.offered(value),
            format_func=field.title,
            key=key,
            help=field.help or None,
            disabled=not field.counts(now),
            on_change=_change,
            args=(key, field, start, nth),
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
        args=(key, field, start, nth),
    )


def _switch(key: str, start: Part, nth: int) -> None:
    """Takes a transform or mixer in, at its place in the catalogue's order, or the nth out.

    It comes as it was when it was switched off, or else as the preset has it.
    """
    name, parts = _parts_beside(start)
    parked: dict[str, dict[str, Any]] = st.session_state.setdefault(_PARKED, {})
    if not st.session_state[key]:
        gone = _places(parts, start.type)[nth]
        parked[key] = parts[gone].model_dump()
        _put(**{name: [*parts[:gone], *parts[gone + 1 :]]})
        return
    if key in parked:  # as it was when it was switched off: with and without is what a person compares
        start = start.parse(parked.pop(key))
    if start.type in MIXERS:
        _put(batch=[*parts, start])
    else:
        before = [_ORDER.index(part.type) < _ORDER.index(start.type) for part in parts]
        place = max((place + 1 for place, is_before in enumerate(before) if is_before), default=0)
        _put(transforms=[*parts[:place], start, *parts[place:]])


def _change(key: str, field: Field, start: Part, nth: int) -> None:
    """Changes one field; back where it began, it has the exact value again, whatever the slider's unit rounds to."""
    chosen, first = st.session_state[key], getattr(start, field.field)
    value = chosen
    if isinstance(field, SliderField):
        value = first if chosen == field.shown(first) else field.field_value(chosen)
    name, parts = _parts_beside(start)
    place = _places(parts, start.type)[nth]
    _put(**{name: [*parts[:place], parts[place].changed(**{field.field: value}), *parts[place + 1 :]]})


def _parts_beside(part: Part) -> tuple[str, Sequence[Part]]:
    """The field of the spec that such a part belongs into, and what the workbench has there."""
    spec = augmentation_on_workbench()
    return ("batch", spec.batch) if part.type in MIXERS else ("transforms", spec.transforms)


def _places(parts: Sequence[Part], kind: str) -> list[int]:
    return [place for place, part in enumerate(parts) if part.type == kind]


def _of_kind(parts: Sequence[Part], kind: str) -> list[Part]:
    return [part for part in parts if part.type == kind]


def _put(**parts: Sequence[Part]) -> None:
    changes = {name: [part.model_dump() for part in each] for name, each in parts.items()}
    put_augmentation(augmentation_preset_on_workbench().name, augmentation_on_workbench().changed(**changes))
