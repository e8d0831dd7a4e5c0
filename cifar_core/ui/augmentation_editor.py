"""Widgets of the Augmentation page: one box a transform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cifar_core.data import AugmentationPreset, AugmentationSpec, augmentation_names, find_augmentation
from cifar_core.data.augmentation import CoarseDropout, ColorJitter, HorizontalFlip, ShiftScaleRotate, Transform
from cifar_core.data.datasets import IMAGE_SIZE
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.workbench import AUGMENTATION_KEY


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


def choose_augmentation(default: str) -> tuple[AugmentationPreset, AugmentationSpec]:
    """A preset and, below it, every transform with its sliders; all of it kept in the URL.

    Args:
        default: name of the preset to start from.

    Returns:
        The preset, and the spec that the widgets make of it; its transforms stand in the order of the boxes.
    """
    names = augmentation_names()
    name = st.selectbox(
        "Start from",
        names,
        index=names.index(default),
        format_func=lambda name: find_augmentation(name).title,
        key=AUGMENTATION_KEY,
        **KEPT,
    )
    preset = find_augmentation(name)
    st.caption(preset.teaches)
    if preset.reconstructed:
        st.caption(f":material/info: Reconstructed: {preset.reconstructed}")
    given: dict[str, Transform] = {transform.type: transform for transform in preset.spec.transforms}
    chosen = [_box(preset.name, given, *box) for box in _BOXES]
    transforms = [transform.model_dump() for transform in chosen if transform is not None]
    return preset, preset.spec.changed(transforms=transforms)


def _box(
    preset_name: str,
    given: dict[str, Transform],
    kind: Callable[[], Transform],
    title: str,
    teaches: str,
    sliders: tuple[_Slider, ...],
) -> Transform | None:
    """One transform's switch and sliders; None while it is switched off."""
    default = kind()
    start = given.get(default.type, default)
    with st.container(border=True):
        key = f"{preset_name}.{default.type}"
        is_on = st.toggle(f"**{title}**", default.type in given, key=key, **KEPT, help=teaches)
        if not is_on:
            return None
        values = {}
        for number, slider in enumerate(sliders):
            if number % 2 == 0:
                columns = st.columns(2)
            with columns[number % 2]:
                values[slider.field] = _draw(slider, key, getattr(start, slider.field))
    changes = {field: value for field, value in values.items() if value != getattr(start, field)}
    return start.changed(**changes) if changes else start


def _draw(slider: _Slider, key: str, value: float) -> float:
    """Draws a slider; gives back the exact start value while it stands where it began, whatever its unit rounds to."""
    whole = isinstance(slider.step, int)
    start = round(value / slider.unit) if whole else value / slider.unit
    chosen = st.slider(
        slider.label,
        slider.low,
        slider.high,
        start,
        slider.step,
        key=f"{key}.{slider.field}",
        **KEPT,
        help=slider.help or None,
    )
    if chosen == start:
        return value
    return int(chosen) if isinstance(value, int) else chosen * slider.unit
