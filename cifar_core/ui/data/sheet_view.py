"""A sheet of images: some of every class, or all of one, page by page."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cifar_core.data.sheets import Positions, draw_by_class, positions_of_class
from cifar_core.ui.data.choosing import ChosenSet
from cifar_core.ui.draw_number import choose_draw_number
from cifar_core.ui.gallery import GalleryImage, sheet
from cifar_core.ui.keeping import KEPT
from cifar_core.words import count

COLUMNS, IMAGES_A_PAGE = 10, 100
_EVERY = "Every class"
_PAGE = "look-page"


def draw_sheet(chosen: ChosenSet, controls: DeltaGenerator) -> int | None:
    """The sheet, below what it shows in words.

    Args:
        chosen: whose images.
        controls: where the class, the draw and the page are chosen.

    Returns:
        The position of the image that was clicked; None if none was.
    """
    names = chosen.dataset.class_names
    with controls:
        of = st.selectbox("Class", [_EVERY, *names], key=f"look-class-{chosen.dataset.name}", width=150, **KEPT)
        rows = _every_class(chosen) if of == _EVERY else [_one_class(chosen, names.index(of))]
    what = "of each class, taken at random" if of == _EVERY else f"of class {of}, each with its number"
    st.caption(f"{chosen.words.capitalize()} images {what}. A click shows one enlarged.")
    images = [
        _shown(chosen, int(position), numbered=of != _EVERY, titled=of == _EVERY and not place)
        for row in rows
        for place, position in enumerate(row)
    ]
    label = f"{chosen.dataset.title}, {chosen.words} images: {of}"
    clicked = sheet(images, "look-sheet", label, columns=COLUMNS, narrow_columns=COLUMNS, clickable=True)
    return None if clicked is None else int(np.concatenate(rows)[clicked])


def _shown(chosen: ChosenSet, position: int, numbered: bool, titled: bool) -> GalleryImage:
    return GalleryImage(
        chosen.labelled.images[position],
        count(position) if numbered else "",
        chosen.tell(position),
        title=chosen.class_name(position) if titled else "",
    )


def _every_class(chosen: ChosenSet) -> list[Positions]:
    draw = choose_draw_number("look-draw", "The same number gives the same images again.")
    return draw_by_class(chosen.labelled.targets, len(chosen.dataset.class_names), COLUMNS, draw)


def _one_class(chosen: ChosenSet, number: int) -> Positions:
    found = positions_of_class(chosen.labelled.targets, number)
    pages = -(-len(found) // IMAGES_A_PAGE)
    if st.session_state.get(_PAGE, 1) > pages:  # it counted another class's
        st.session_state[_PAGE] = pages
    page = int(st.number_input(f"Page of {pages}", 1, pages, 1, key=_PAGE, width=125, **KEPT)) if pages > 1 else 1
    start = (page - 1) * IMAGES_A_PAGE
    return found[start : start + IMAGES_A_PAGE]
