"""One image by its number, enlarged."""

from __future__ import annotations

import streamlit as st

from cifar_core.data.statistics import image_mean
from cifar_core.ui.data.choosing import ChosenSet
from cifar_core.ui.image_number import choose_position
from cifar_core.ui.sprites import enlarge
from cifar_core.words import plain

IMAGE_KEY = "look-image"
_FACTOR = 8


def draw_image(chosen: ChosenSet) -> None:
    """A box for the number, and that image."""
    position = choose_position(chosen.dataset, chosen.split, IMAGE_KEY, 150)
    picture = chosen.labelled.images[position]
    row = st.container(horizontal=True, gap="small")
    with row.container(width=32 * _FACTOR):
        # As a JPEG, Streamlit's choice, the pixels would lose their edges.
        st.image(enlarge(picture, _FACTOR), width=32 * _FACTOR, output_format="PNG", alt=chosen.tell(position))
    red, green, blue = image_mean(picture)
    with row.container(width="stretch"):
        st.markdown(
            f"**{chosen.words.capitalize()} image {position:,}**  \nClass: **{plain(chosen.class_name(position))}**"
        )
        st.caption(f"Mean of its pixels, from 0 to 1:  \nred {red:.3f}  \ngreen {green:.3f}  \nblue {blue:.3f}")
