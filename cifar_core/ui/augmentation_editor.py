"""Widgets of the Augmentation page: one box a transform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cifar_core.data import AugmentationPreset, AugmentationSpec
from cifar_core.data.augmentation import CoarseDropout, ColorJitter, HorizontalFlip, ShiftScaleRotate, Transform
from cifar_core.data.datasets import IMAGE_SIZE
from cifar_core.ui.saving import save_augmentation, tell_unreadable_augmentations
from cifar_core.ui.starts import augmentation_starts
from cifar_core.ui.workbench import (
    augmentation_on_workbench,
    augmentation_preset_on_workbench,
    put_augmentation,
    start_from_augmentation,
)

_START = "augmentation"


@dataclass(frozen=True, slots=True)
class _Slider:
    """A slider over one field of a transform."""

    field: str
    label: str
    low: float
    high: float
    step: float
    help: str = ""
    unit: float = 1.0
    """The field's value is the slider's times this: pixels to shares, percent to factors."""

    def shown(self, value: float) -> float:
        """Where the slider stands for a value of the field."""
        return round(value / self.unit) if isinstance(self.step, int) else value / self.unit


_PROBABILITY = _Slider("p", "Probability", 0.0, 1.0, 0.05, "Share of the images that it happens to.")

_BOXES: tuple[tuple[Callable[[], Transform], str, str, tuple[_Slider, ...]], ...] = (
    (HorizontalFlip, "Horizontal flip", "A cat looking left is a cat looking right.", (_PROBABILITY,)),
    (
        ShiftScaleRotate,
        "Shift, scale, rotate",
        "An object is the same a little aside, nearer, or tilted.",
        (
            _Slider("shift_limit", "Shift, pixels", 0, 16, 1, "Up to so far, each way.", 1 / IMAGE_SIZE),
            _Slider("scale_limit", "Scale, percent", 0, 50, 5, "Zooms in or out by up to so much.", 0.01),
            _Slider("rotate_limit", "Rotate, degrees", 0, 90, 1, "Turns by up to so much, either way."),
            _PROBABILITY,
        ),
    ),
    (
        ColorJitter,
        "Colour jitter",
        "Light and film differ; the object does not.",
        (
            _Slider("brightness", "Brightness, percent", 0, 100, 5, "Up to so much darker or brighter.", 0.01),
            _Slider("contrast", "Contrast, percent", 0, 100, 5, "Up to so much flatter or harder.", 0.01),
            _Slider("saturation", "Saturation, percent", 0, 100, 5, "Up to so much paler or stronger.", 0.01),
            _Slider("hue", "Hue, degrees", 0, 180, 6, "Turns the colour circle by up to so much.", 1 / 360),
            _PROBABILITY,
        ),
    ),
    (
        CoarseDropout,
        "Coarse dropout (cutout)",
        "With a part hidden, the network must learn the other parts too.",
        (
            _Slider("holes", "Holes", 1, 8, 1),
            _Slider("height", "Height, pixels", 1, IMAGE_SIZE, 1),
            _Slider("width", "Width, pixels", 1, IMAGE_SIZE, 1),
            _PROBABILITY,
        ),
    ),
)


def choose_augmentation() -> AugmentationSpec:
    """A preset or saved augmentation to start from and, below it, every transform with its sliders.

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
    for box in _BOXES:
        _draw_box(preset, spec, *box)
    return spec


def _start_from_chosen() -> None:
    start_from_augmentation(st.session_state[_START])


def _draw_box(
    preset: AugmentationPreset,
    spec: AugmentationSpec,
    kind: Callable[[], Transform],
    title: str,
    teaches: str,
    sliders: tuple[_Slider, ...],
) -> None:
    """One transform's switch and, while it is on, its sliders."""
    start = _find(preset.spec, kind().type) or kind()
    now = _find(spec, start.type)
    with st.container(border=True):
        key = f"{preset.name}.{start.type}"
        st.session_state[key] = now is not None
        st.toggle(f"**{title}**", key=key, help=teaches, on_change=_switch, args=(key, start))
        if now is None:
            return
        for number, slider in enumerate(sliders):
            if number % 2 == 0:
                columns = st.columns(2)
            with columns[number % 2]:
                _draw(slider, key, now, start)


def _draw(slider: _Slider, key: str, now: Transform, start: Transform) -> None:
    slider_key = f"{key}.{slider.field}"
    shown = slider.shown(getattr(now, slider.field))
    st.session_state[slider_key] = shown
    st.slider(
        slider.label,
        min(slider.low, shown),
        max(slider.high, shown),
        step=slider.step,
        key=slider_key,
        help=slider.help or None,
        on_change=_move,
        args=(slider_key, slider, start),
    )


def _switch(key: str, start: Transform) -> None:
    """Takes a transform in, as the preset has it and in the order of the boxes, or out."""
    transforms = [transform for transform in augmentation_on_workbench().transforms if transform.type != start.type]
    if st.session_state[key]:
        order = [kind().type for kind, *_ in _BOXES]
        transforms = sorted([*transforms, start], key=lambda transform: order.index(transform.type))
    _put(transforms)


def _move(key: str, slider: _Slider, start: Transform) -> None:
    """Changes one field; back where it began, it has the exact value again, whatever the slider's unit rounds to."""
    chosen, first = st.session_state[key], getattr(start, slider.field)
    value = first if chosen == slider.shown(first) else chosen if slider.unit == 1 else chosen * slider.unit
    _put(
        [
            transform.changed(**{slider.field: value}) if transform.type == start.type else transform
            for transform in augmentation_on_workbench().transforms
        ]
    )


def _put(transforms: list[Transform]) -> None:
    changed = augmentation_on_workbench().changed(transforms=[transform.model_dump() for transform in transforms])
    put_augmentation(augmentation_preset_on_workbench().name, changed)


def _find(spec: AugmentationSpec, kind: str) -> Transform | None:
    return next((transform for transform in spec.transforms if transform.type == kind), None)
