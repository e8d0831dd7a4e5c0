"""What the opened section shows: a sheet of images, beside one of them and the figures of all."""

from __future__ import annotations

import streamlit as st

from cifar_core.errors import DataError
from cifar_core.ui.data.choosing import choose_dataset_name, choose_set
from cifar_core.ui.data.image_view import IMAGE_KEY, draw_image
from cifar_core.ui.data.sheet_view import draw_sheet
from cifar_core.ui.data.statistics_view import draw_statistics
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.panes import LEFT_WIDTH
from cifar_core.words import plain


def draw_section() -> None:
    """Chooses a set and shows it; where CIFAR-10 is missing or damaged, that is said and the rest stays usable."""
    offer_cifar10(arrived="choose it under Images")
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        name = choose_dataset_name()
    try:
        chosen = choose_set(name, controls)
    except DataError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        clicked = draw_sheet(chosen, controls)
    if clicked is not None:
        st.session_state[IMAGE_KEY] = clicked
    with row.container(width=LEFT_WIDTH):
        draw_image(chosen)
        draw_statistics(chosen)
