"""Images of a set, some at a time, each of which opens by a click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from cifar_core.errors import DataError
from cifar_core.ui.gallery import GalleryImage, gallery
from cifar_core.ui.mistakes.image_view import open_image
from cifar_core.ui.mistakes.missing import tell_missing
from cifar_core.ui.mistakes.subject import Subject

IMAGES_A_PAGE = 60


def draw_image_pages(
    subject: Subject,
    positions: NDArray[np.int64],
    key: str,
    caption: Callable[[int], str] | None = None,
    controls: DeltaGenerator | None = None,
) -> None:
    """A gallery of some images, 60 a page.

    Args:
        subject: whose.
        positions: at least one, in its predictions, in the order in which they are shown.
        key: of the widgets; another list of images needs another one.
        caption: of the image at a place in `positions`, in plain text; a line break is kept. By default its class, what
            the network said, and how sure it was.
        controls: where the page is chosen; by default above the gallery.
    """
    pages, controls = -(-len(positions) // IMAGES_A_PAGE), controls or st.container()
    number = int(controls.number_input("Page", 1, pages, 1, key=f"page-{key}", width=140)) if pages > 1 else 1
    start = (number - 1) * IMAGES_A_PAGE
    shown = positions[start : start + IMAGES_A_PAGE]
    try:
        images = subject.gallery_images(shown)
    except DataError as error:
        tell_missing(subject.run, error)
        _draw_without_images(subject, shown)
        return
    if caption is not None:
        numbers, texts = subject.predictions.index[shown], map(caption, range(start, start + len(shown)))
        images = [_captioned(*one) for one in zip(images, numbers, texts, strict=True)]
    clicked = gallery(images, key=f"gallery-{key}")
    if clicked is not None:
        open_image(subject, int(shown[clicked]))


def _draw_without_images(subject: Subject, positions: NDArray[np.int64]) -> None:
    """What is known of images that are not here: which they are, and what the network said."""
    predictions, names = subject.predictions, subject.info.class_names
    answers = predictions.predicted[positions]
    table = pd.DataFrame(
        {
            "image": predictions.index[positions],
            "class": [names[target] for target in predictions.targets[positions]],
            "answer": [names[answer] for answer in answers],
            "probability": 100 * predictions.probabilities[positions, answers],
        }
    )
    config = {"probability": st.column_config.NumberColumn(format="%.1f %%", help="Of the answer.")}
    st.dataframe(table, hide_index=True, width="content", column_config=config)


def _captioned(image: GalleryImage, number: int, text: str) -> GalleryImage:
    # A line is narrow: the sign must stay at its number.
    kept_together = text.replace(" %", "\N{NO-BREAK SPACE}%")
    return replace(image, caption=kept_together, alt=f"Image {number}: {', '.join(text.splitlines())}")
