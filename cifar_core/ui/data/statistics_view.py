"""The figures of a whole set: class balance, mean and standard deviation beside the published ones."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cifar_core.data import LabelledImages, dataset_info
from cifar_core.data.datasets import Split
from cifar_core.data.statistics import COPIED_STD, ByChannel, ImageStatistics, image_statistics
from cifar_core.settings import data_folder
from cifar_core.ui.data.choosing import ChosenSet
from cifar_core.ui.figures.class_balance import class_balance_figure
from cifar_core.words import counted

_COLUMNS = ["", "red", "green", "blue"]


def draw_statistics(chosen: ChosenSet) -> None:
    """A table of mean and deviations by channel, and a bar a class."""
    dataset, words = chosen.dataset, chosen.words
    found = _statistics(dataset.name, chosen.split, str(data_folder().resolve()), chosen.labelled)
    title = f"{dataset.title}, {len(chosen.labelled):,} {words} images"
    st.markdown(f"**Mean and standard deviation** of {title}, from 0 to 1")
    rows = _rows(dataset.name, dataset.mean, dataset.std, found)
    st.dataframe(
        pd.DataFrame([(name, *(f"{value:.4f}" for value in values)) for name, values in rows], columns=_COLUMNS),
        hide_index=True,
        width="stretch",
        alt=f"Mean and standard deviation of {title}, by channel",
    )
    st.caption(
        "The deviation of all pixels also counts that some images are brighter than others; that of one image, taken "
        "about its own mean and then averaged over the images, leaves this out and is smaller."
    )
    if dataset.name == "cifar10":
        st.caption(
            "What is published is of the training images. The often copied 0.2023, 0.1994, 0.2010 is the mean of the "
            "images' own deviations (divisor n - 1)."
        )
    st.markdown(f"**Class balance**: {_balance(found, dataset.class_names)}")
    st.plotly_chart(
        class_balance_figure(found.class_counts, dataset.class_names),
        key="look-balance",
        config={"displayModeBar": False},
        alt="Images of each class: "
        + ", ".join(f"{name} {number:,}" for name, number in zip(dataset.class_names, found.class_counts, strict=True)),
    )


# Computed once a server; the images are not hashed, their folder names them.
@st.cache_data(max_entries=8, show_spinner=False)
def _statistics(name: str, split: Split, folder: str, _labelled: LabelledImages) -> ImageStatistics:
    return image_statistics(_labelled, len(dataset_info(name).class_names))


def _rows(
    name: str, known_mean: ByChannel, known_std: ByChannel, found: ImageStatistics
) -> list[tuple[str, ByChannel]]:
    known = "published" if name == "cifar10" else "used in training"
    rows = [("mean", found.mean), (known, known_mean), ("std, all pixels", found.std), (known, known_std)]
    rows.append(("std, mean of images", found.image_std))
    return [*rows, ("often copied", COPIED_STD)] if name == "cifar10" else rows


def _balance(found: ImageStatistics, class_names: tuple[str, ...]) -> str:
    least, most = min(found.class_counts), max(found.class_counts)
    if least == most:
        return f"every class has {counted(least, 'image')}."
    rarest, commonest = (class_names[found.class_counts.index(number)] for number in (least, most))
    return f"from {counted(least, 'image')} ({rarest}) to {counted(most, 'image')} ({commonest})."
