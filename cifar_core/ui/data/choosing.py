"""Which set of images is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cifar_core.data import ImageDataset, LabelledImages, available_datasets, dataset_info
from cifar_core.data.datasets import SPLIT_WORDS, Split
from cifar_core.ui import resources
from cifar_core.ui.keeping import KEPT

_SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(frozen=True, slots=True)
class ChosenSet:
    """The training or the test images of a data set."""

    dataset: ImageDataset
    split: Split

    @property
    def labelled(self) -> LabelledImages:
        """Its images and their classes."""
        return self.dataset.part(self.split)

    @property
    def words(self) -> str:
        """Its split as it is read: "training" or "test"."""
        return SPLIT_WORDS[self.split]

    def class_name(self, position: int) -> str:
        """Of the image at a position."""
        return self.dataset.class_names[int(self.labelled.targets[position])]

    def tell(self, position: int) -> str:
        """An image in plain words: "Training image 7: horse"."""
        return f"{self.words.capitalize()} image {position:,}: {self.class_name(position)}"


def choose_dataset_name() -> str:
    """A box with the data sets at hand, the best one first."""
    name: str = st.selectbox(
        "Images",
        available_datasets(),
        format_func=lambda name: dataset_info(name).title,
        key="look-at",
        width=170,
        **KEPT,
    )
    return name


def choose_set(name: str, controls: DeltaGenerator) -> ChosenSet:
    """Training or test images.

    Args:
        name: of the data set.
        controls: where that is chosen.

    Raises:
        DataError: the data set is missing or damaged.
    """
    split: Split = controls.selectbox(
        "Set",
        _SPLITS,
        format_func=lambda split: SPLIT_WORDS[split].capitalize(),
        key="look-set",
        width=120,
        **KEPT,
    )
    return ChosenSet(resources.dataset(name), split)
