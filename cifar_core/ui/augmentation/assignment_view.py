"""The assignment's words run literally, beside what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.amounts import Report, report_draws
from cifar_core.data.augmentation.calls import fill_levels
from cifar_core.data.augmentation.literal import (
    LITERAL_CODE,
    assignment_with_dropout_always,
    literal_pipeline,
    literal_spec,
    literal_warnings,
)
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.preview import Samples, draw_samples
from cifar_core.data.augmentation.telling import brief, tell_draws
from cifar_core.data.augmentation.units import written_range
from cifar_core.ui.augmentation.choosing import Originals, choose_dataset, choose_draw, one_of_each_class
from cifar_core.ui.gallery import GalleryImage, sheet
from cifar_core.ui.workbench import start_from_augmentation

_SAMPLES = 3
"""Of each image, of both ways."""
_IMAGES = 5
_CODE_WIDTH = 300
"""Screen pixels: two stand side by side on a window of 1440."""


def draw_assignment_view() -> None:
    """Both results side by side, with what the library says of the literal call."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = choose_dataset()
        draw = choose_draw()
    st.markdown(
        "The assignment asks for **one hole of 16 x 16 pixels, filled with the mean of the data set**, in arguments "
        "that albumentations 2.0.8 no longer knows. It does not fail: it only warns, and cuts holes of its own "
        "default size."
    )
    with st.container(horizontal=True):
        with st.container(width=_CODE_WIDTH):
            st.caption("As the assignment writes it")
            st.code(LITERAL_CODE, language="python")
        with st.container(width=_CODE_WIDTH):
            st.caption("What it means: the preset **Assignment**")
            st.code(_exact_code(dataset.mean), language="python")
    st.caption("What the library says of the assignment's calls, on the console only")
    st.code(
        "\n".join(f"UserWarning: {text}" for text in literal_warnings(dataset.mean)), language=None, wrap_lines=True
    )
    originals = one_of_each_class(dataset, _IMAGES)
    spec = assignment_with_dropout_always()
    pairs = (
        ("literal", literal_spec(), literal_pipeline(dataset.mean)),
        ("preset", spec, AlbumentationsPipeline(spec, dataset.mean)),
    )
    drawn = [
        (name, of, draw_samples(pipeline, originals.images, originals.numbers, _SAMPLES, draw))
        for name, of, pipeline in pairs
    ]
    reports = [report_draws(of, samples.draws) for _, of, samples in drawn]
    st.markdown(_compared([(moves, holes) for _, moves, holes in reports]))
    st.button(
        "Lay the preset on the workbench",
        icon=":material/auto_fix_high:",
        key="take-assignment",
        on_click=start_from_augmentation,
        args=("assignment",),
    )
    st.caption(
        f"Of each image {_SAMPLES} draws of the literal calls, then {_SAMPLES} of the preset, with flip and "
        "shift-scale-rotate as they are; a hole is cut into every one here, where training cuts it into half of them."
    )
    sheet(
        _shown(originals, drawn),
        key="assignment-sheet",
        label="The literal calls beside the preset",
        columns=2 * _SAMPLES + 1,
        narrow_columns=_SAMPLES + 1,
    )


def _exact_code(mean: Sequence[float]) -> str:
    fill = ", ".join(f"{level:g}" for level in fill_levels("mean", mean))
    sizes = "num_holes_range=(1, 1),\n  hole_height_range=(16, 16),\n  hole_width_range=(16, 16)"
    return f"A.CoarseDropout(\n  {sizes},\n  fill=({fill}),\n)"


def _compared(reports: Sequence[tuple[Report, Report]]) -> str:
    """A table of what the literal calls and the preset did to the images shown.

    Args:
        reports: of the two ways, each of shift-scale-rotate and of coarse dropout.
    """
    lines = ["| | Asked for | Literal calls | Preset |", "| --- | --- | --- | --- |"]
    asked = {"Holes": "1", "Height of a hole": "16 px", "Width of a hole": "16 px"}
    for place, (title, wanted) in enumerate(asked.items()):
        amounts = [holes.drawn[place] for _, holes in reports]
        got = [written_range((float(each.got.min()), float(each.got.max())), each.amount.unit) for each in amounts]
        lines.append(f"| {title} | {wanted} | {got[0]} | {got[1]} |")
    lines.append("| Colour of holes and corners | mean of the data set | black | mean of the data set |")
    turns = [written_range(report.drawn[0].amount.asked, "degrees") for report in (moves for moves, _ in reports)]
    return "\n".join([*lines, f"| Rotation | left open | {turns[0]} | {turns[1]} |"])


def _shown(originals: Originals, drawn: Sequence[tuple[str, AugmentationSpec, Samples]]) -> list[GalleryImage]:
    shown = []
    for row, title in enumerate(originals.titles):
        shown.append(GalleryImage(originals.images[row], title, f"{title}, original", starts_row=True))
        for name, spec, samples in drawn:
            for place, image in enumerate(samples.images[row]):
                phrases = tell_draws(spec, samples.draws, row * _SAMPLES + place)
                alt = f"{title}, {name}: {'; '.join(phrases)}"
                shown.append(GalleryImage(image, f"{name}\n{', '.join(map(brief, phrases))}", alt))
    return shown
