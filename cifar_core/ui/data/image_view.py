"""One image by its number, enlarged."""

from __future__ import annotations

import streamlit as st

from cifar_core.data.sheets import check_position
from cifar_core.data.statistics import image_mean
from cifar_core.errors import DataError
from cifar_core.ui.data.choosing import ChosenSet
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.sprites import enlarge
from cifar_core.words import plain

IMAGE_KEY = "look-image"
_LAST = "look-last-images"
"""By data set and split: the last position that there was an image at."""
_FACTOR = 8


def draw_image(chosen: ChosenSet) -> None:
    """A box for the number, and that image; where there is none, that is said and the last one stays."""
    # Without limits: the browser's own refusal names none, and one from the URL would be dropped in silence.
    asked = int(
        st.number_input(
            "Image number", value=0, step=1, key=IMAGE_KEY, width=150, help="Its position in the set, from 0.", **KEPT
        )
    )
    last: dict[tuple[str, str], int] = st.session_state.setdefault(_LAST, {})
    key = (chosen.dataset.name, chosen.split)
    try:
        check_position(chosen.dataset, chosen.split, asked)
        last[key] = asked
    except DataError as error:
        st.error(plain(str(error)), icon=":material/error:")
    _draw(chosen, last.get(key, 0))


def _draw(chosen: ChosenSet, position: int) -> None:
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
