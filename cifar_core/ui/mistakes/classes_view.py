"""How each class fares, and which ones are taken for each other."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.analysis.confusion import ClassFigures, class_figures, confusion_matrix, most_confused
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.panes import two_panes
from cifar_core.words import count, percent, plain

CONFUSED_PAIRS = 8


def draw_classes(subject: Subject) -> None:
    """Precision, recall, F1 and number of images by class, best and worst in a sentence, and the confused pairs."""
    names = subject.info.class_names
    matrix = confusion_matrix(subject.predictions.targets, subject.predictions.predicted, len(names))
    figures = class_figures(matrix, names)
    by_class, pairs = two_panes(560)
    with by_class:
        st.markdown(_best_and_worst(figures, subject.split))
        _draw_table(figures)
    with pairs:
        st.markdown("**Most confused pairs**")
        confused = most_confused(matrix, CONFUSED_PAIRS)
        if not confused:
            st.success("No image is taken for another class.", icon=":material/check:")
            return
        st.dataframe(
            pd.DataFrame(
                {
                    "classes": [f"{names[pair.first]} and {names[pair.second]}" for pair in confused],
                    "mistakes": [pair.mistakes for pair in confused],
                    "first as second": [pair.first_as_second for pair in confused],
                    "second as first": [pair.second_as_first for pair in confused],
                    "share of all": [100 * pair.share for pair in confused],
                }
            ),
            hide_index=True,
            height="content",
            key="confused",
            column_config={
                "share of all": st.column_config.NumberColumn(
                    format="%.1f %%", help="Of all mistakes, those between these two classes."
                )
            },
        )


def _best_and_worst(figures: list[ClassFigures], split: str) -> str:
    present = [figure for figure in figures if figure.support]
    best, worst = max(figure.f1 for figure in present), min(figure.f1 for figure in present)
    last = [figure for figure in present if figure.f1 == worst]
    sentence = f"By F1 on the {split} images, best: {_named(present, best)}; worst: {_named(present, worst)}."
    if len(last) == 1 and best > worst:
        (one,) = last
        sentence += (
            f" Of the {count(one.support)} images of {plain(one.name)} {percent(one.recall)} are recognised, and "
            f"{percent(one.precision)} of what is called so is right."
        )
    return sentence


def _named(figures: list[ClassFigures], f1: float) -> str:
    names = " and ".join(f"**{plain(figure.name)}**" for figure in figures if figure.f1 == f1)
    return f"{names} ({percent(f1)})"


def _draw_table(figures: list[ClassFigures]) -> None:
    table = pd.DataFrame(
        {
            "class": [figure.name for figure in figures],
            "precision": [100 * figure.precision for figure in figures],
            "recall": [100 * figure.recall for figure in figures],
            "F1": [100 * figure.f1 for figure in figures],
            "images": [figure.support for figure in figures],
        }
    )
    bar: dict[str, Any] = {"format": "%.1f %%", "min_value": 0.0, "max_value": 100.0, "width": 118}
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="class-figures",
        column_config={
            "precision": st.column_config.ProgressColumn(**bar, help="Right among those called so."),
            "recall": st.column_config.ProgressColumn(**bar, help="Right among those that are so."),
            "F1": st.column_config.ProgressColumn(**bar, help="Harmonic mean of the two."),
        },
    )
