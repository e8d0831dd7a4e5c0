"""The settings of a recipe that are about images: which there are, and how their augmentation changes over the run."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import DatasetInfo
from cifar_core.data.splits import VALIDATION_SHARE
from cifar_core.protocol import PROTOCOL_TITLES
from cifar_core.ui.training.spec_widgets import choice, number, optional_number, switch
from cifar_core.ui.workbench import training_on_workbench


def edit_images(dataset: DatasetInfo) -> None:
    """Which images train, choose and are evaluated."""
    st.markdown("**Images**")
    choice(
        "protocol",
        {name: title.partition(":")[0] for name, title in PROTOCOL_TITLES.items()},
        "  \n".join(PROTOCOL_TITLES.values()),
    )
    if training_on_workbench().protocol == "validation":
        optional_number(
            "validation_images",
            "Training images held out to choose on, the same in every run; without it a tenth of them.",
            round(dataset.train_images * VALIDATION_SHARE),
        )
    optional_number(
        "limit_train",
        "Trains on at most so many images: for a quick trial. 2 or more.",
        10_000,
    )
    optional_number(
        "limit_test",
        "Evaluates on at most so many images of each set: for a quick trial. 1 or more.",
        1_000,
    )


def edit_augmentation() -> None:
    """How strong the augmentation is over the run, and how images are mirrored."""
    st.markdown("**Augmentation over the run**")
    left, right = st.columns(2)
    with left:
        number(
            "augmentation_first",
            "Share of their probabilities that all transforms and mixers have in the first epoch: 0 to 1. Below the "
            "last one, the augmentation grows, so that simple things are learnt first (Tan, Le 2021).",
            0.1,
            "%.2f",
        )
    with right:
        number(
            "augmentation_last",
            "The same in the last epoch; in between the share moves along a straight line. Below the first one, the "
            "training ends on images like those that it is tested with (He 2019).",
            0.1,
            "%.2f",
        )
    switch(
        "alternate_flips",
        "Mirrors every image in every other epoch, in place of the augmentation's flip at random: two epochs show each "
        "image from both sides (Jordan 2024).",
    )
