"""Which images the page shows, and which draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cifar_core.data import ImageDataset, available_datasets, dataset_info
from cifar_core.data.augmentation.preview import first_of_each_class
from cifar_core.data.datasets import Images
from cifar_core.ui import resources
from cifar_core.ui.draw_number import choose_draw_number
from cifar_core.ui.image_number import choose_position
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.own_picture.view import bring_own_picture


@dataclass(frozen=True, slots=True)
class Originals:
    """Images to be augmented."""

    images: Images
    """uint8 [N, 32, 32, 3]."""
    titles: Sequence[str]
    """N: the class, or the name of a person's own picture."""
    numbers: Sequence[int]
    """N: an image's position in the training array, on which its draws depend."""


def choose_dataset() -> ImageDataset:
    """A box with the data sets at hand."""
    name = st.selectbox(
        "Images",
        available_datasets(),
        format_func=lambda name: dataset_info(name).title,
        key="samples-from",
        width=165,
        **KEPT,
    )
    return resources.dataset(name)


def choose_draw() -> int:
    """The number of a draw, and a button for the next one."""
    return choose_draw_number("draw", "The same number gives the same draw again, for the same settings.")


def choose_number(dataset: ImageDataset) -> int:
    """One of the training images by its position."""
    return choose_position(dataset, "train", "number", 110)


def choose_numbers(told: str) -> bool:
    """A line above pictures, and beside it whether what was drawn stands under each."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.caption(told, width="stretch")
        help = "What was drawn, under each picture. Without it more of them are in view."
        return bool(st.toggle("Numbers", True, key="numbers", help=help, **KEPT))


def one_of_each_class(dataset: ImageDataset, most: int | None = None) -> Originals:
    """The first training image of every class, or of the first few classes."""
    positions = first_of_each_class(dataset)[:most]
    return Originals(dataset.train.images[positions], dataset.class_names[:most], positions)


def one_image(dataset: ImageDataset, number: int) -> Originals:
    """The training image at a position."""
    title = dataset.class_names[dataset.train.targets[number]]
    return Originals(dataset.train.images[[number]], [title], [number])


def own_picture() -> Originals | None:
    """A person's own picture; None while there is none, which is then said."""
    own = bring_own_picture()
    return None if own is None else Originals(np.stack([own.picture.seen]), [own.name], [0])
