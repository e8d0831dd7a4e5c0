"""A batch as the network receives it, and how its images were mixed in pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cifar_core.data import AugmentationSpec, ImageDataset
from cifar_core.data.augmentation.amounts import report_draws
from cifar_core.data.augmentation.catalogue import MIXERS
from cifar_core.data.augmentation.telling import UNCHANGED, brief, tell_draws
from cifar_core.ui.augmentation.amounts_table import draw_amounts
from cifar_core.ui.augmentation.choosing import choose_numbers
from cifar_core.ui.gallery import GalleryImage, sheet
from cifar_core.words import counted

if TYPE_CHECKING:
    from cifar_core.data.augmentation.batch_preview import BatchPreview

BATCH_SIZE, PAIRS = 32, 6
"""Images of the batch, and pairs shown at most."""


def draw_batch_view(dataset: ImageDataset, spec: AugmentationSpec, draw: int) -> None:
    """Draws a batch of training images, augmented and mixed, with its classes in shares.

    Args:
        dataset: whose images.
        spec: what happens to them.
        draw: which of the batches, and what is drawn for it.
    """
    from cifar_core.data.augmentation.batch_preview import draw_batch, report_mix, tell_classes

    batch = draw_batch(dataset, spec, BATCH_SIZE, draw)
    # A class and its share stay on one line.
    classes = [
        tell_classes(weights, dataset.class_names).replace(" ", "\u00a0").replace(",\u00a0", ", ")
        for weights in batch.weights
    ]
    is_told = choose_numbers(
        f"{BATCH_SIZE} training images, taken at random, as the network receives them, with the answer that it is to "
        "give."
    )
    images = []
    for place, (image, answer) in enumerate(zip(batch.received, classes, strict=True)):
        phrases = [phrase for phrase in tell_draws(spec, batch.draws, place) if phrase != UNCHANGED]
        alt = f"Image {batch.positions[place]}, {'; '.join([answer, *phrases])}"
        drawn = [", ".join(map(brief, phrases))] if phrases and is_told else []
        images.append(GalleryImage(image, "\n".join([answer, *drawn]), alt))
    sheet(images, key="batch-sheet", label="A batch as the network receives it", columns=8, narrow_columns=4)
    st.markdown("**Mixed in pairs**")
    if not spec.batch:
        titles = " or ".join(info.title for info in MIXERS.values())
        st.info(f"No mixer is on: switch {titles} on, and images become two at once.", icon=":material/info:")
    elif not len(batch.mixed):
        st.info("In this draw no image was mixed with another.", icon=":material/info:")
    else:
        _draw_pairs(batch, dataset, classes)
    draw_amounts([*report_draws(spec, batch.draws), *report_mix(spec, batch.mix)])


def _draw_pairs(batch: BatchPreview, dataset: ImageDataset, classes: list[str]) -> None:
    from cifar_core.data.augmentation.batch_preview import most_telling
    from cifar_core.data.augmentation.mixing import CUTMIX

    names = [dataset.class_names[target] for target in dataset.train.targets[batch.positions]]
    images = []
    shown = most_telling(batch, dataset.train.targets)[:PAIRS]
    for place in shown:
        partner = batch.mix.partners[place]
        how = "cutmix" if batch.mix.kind[place] == CUTMIX else "mixup"
        told = f"{how} of {names[place]} and {names[partner]}: {classes[place]}"
        images += [
            GalleryImage(batch.augmented[place], names[place], f"{names[place]}, before it is mixed"),
            GalleryImage(batch.augmented[partner], f"+ {names[partner]}", f"{names[partner]}, mixed in"),
            GalleryImage(batch.received[place], f"= {classes[place]}\n{how}", told),
        ]
    st.caption(
        f"Of the {counted(len(batch.mixed), 'mixed image')} of this batch the {len(shown)} that are mixed most evenly, "
        "of two classes where there are such: one image, its partner, and what becomes of both. The shares are those "
        "of the classes in the answer."
    )
    sheet(images, key="pairs-sheet", label="Images mixed in pairs", columns=6, narrow_columns=3)
