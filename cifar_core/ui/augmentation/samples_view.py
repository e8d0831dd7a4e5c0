"""Originals beside what the network would be shown of them."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.amounts import report_draws
from cifar_core.data.augmentation.catalogue import MIXERS
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.preview import Samples, draw_samples
from cifar_core.data.augmentation.telling import brief, tell_draws
from cifar_core.ui.augmentation.amounts_table import draw_amounts
from cifar_core.ui.augmentation.batch_view import draw_batch_view
from cifar_core.ui.augmentation.choosing import (
    Originals,
    choose_dataset,
    choose_draw,
    choose_number,
    choose_numbers,
    one_image,
    one_of_each_class,
    own_picture,
)
from cifar_core.ui.gallery import GalleryImage, sheet
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.misfit_view import tell_misfits

BY_CLASS, ONE, BATCH, OWN = "One of each class", "One image", "A batch", "Your own picture"
VIEWS = (BY_CLASS, ONE, BATCH, OWN)
_VIEW = "samples"
SAMPLES, SAMPLES_OF_ONE = 8, 16


def draw_samples_view(spec: AugmentationSpec) -> None:
    """Widgets that choose images and a draw, the samples with what was drawn under each, and the numbers in a table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = choose_dataset()
        view = st.selectbox("Show", VIEWS, key=_VIEW, width=160, **KEPT)
        number = choose_number(dataset) if view == ONE else 0
        draw = choose_draw()
    tell_misfits(spec, dataset)
    if not spec.transforms:
        st.info("No transform is on: every draw equals the original.", icon=":material/info:")
    if view == BATCH:
        draw_batch_view(dataset, spec, draw)
        return
    if spec.batch:
        _point_to_batch(spec)
    if view == OWN:
        originals = own_picture()
        if originals is None:
            return
    else:
        originals = one_image(dataset, number) if view == ONE else one_of_each_class(dataset)
    count = SAMPLES if view == BY_CLASS else SAMPLES_OF_ONE
    pipeline = AlbumentationsPipeline(spec, dataset.mean)
    samples = draw_samples(pipeline, originals.images, originals.numbers, count, draw)
    is_told = choose_numbers(f"The original, then {count} draws. Point at one for all that was drawn, and its seed.")
    sheet(
        _shown(originals, samples, spec, is_told, is_small=len(originals.titles) > 1),
        key="samples-sheet",
        label=f"Originals and samples: {', '.join(originals.titles)}",
        columns=SAMPLES + 1 if view == BY_CLASS else 5,
        narrow_columns=5,
    )
    draw_amounts(report_draws(spec, samples.draws))


def _point_to_batch(spec: AugmentationSpec) -> None:
    """Mixers do nothing to one image alone: the way to where they are seen."""
    names = " and ".join(MIXERS[mixer.type].title for mixer in spec.batch)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/info: {names} cannot be seen here: a mixer works on a batch.", width="content")
        st.button(f"Show {BATCH.lower()}", icon=":material/grid_view:", key="show-batch", on_click=_show_batch)


def _show_batch() -> None:
    st.session_state[_VIEW] = BATCH


def _shown(
    originals: Originals, samples: Samples, spec: AugmentationSpec, is_told: bool, is_small: bool
) -> list[GalleryImage]:
    """The images in rows; what was drawn is told line by line, under a small one in few letters and lines."""
    shown = []
    for row, title in enumerate(originals.titles):
        shown.append(GalleryImage(originals.images[row], title, f"{title}, original", starts_row=True))
        for place, (image, seed) in enumerate(zip(samples.images[row], samples.seeds[row], strict=True)):
            phrases = tell_draws(spec, samples.draws, row * len(samples.images[row]) + place)
            alt = f"{title}, draw {place + 1}: {'; '.join(phrases)}. Seed {seed}"
            caption = ", ".join(map(brief, phrases)) if is_small else "\n".join(phrases)
            shown.append(GalleryImage(image, caption if is_told else "", alt))
    return shown
