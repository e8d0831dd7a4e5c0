"""A picture as it was given, beside what the network sees of it."""

from __future__ import annotations

import streamlit as st

from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.ui.own_picture.choosing import OwnPicture, choose_own_picture
from cifar_core.ui.sprites import enlarge
from cifar_core.words import count

_SHOWN = 190
"""Screen pixels a side of each of the two pictures."""


def bring_own_picture() -> OwnPicture | None:
    """Lets a person choose a picture, and tells what of it the network gets; None while there is none."""
    own = choose_own_picture()
    if own is None:
        return None
    draw_pictures(own.picture.given, own.picture.seen, own.name)
    st.caption(_told(own))
    return own


def draw_pictures(given: Images | None, seen: Images, title: str) -> None:
    """What the network sees and, where there is one, the picture as it was given.

    Args:
        given: uint8 [H, W, 3].
        seen: uint8 [32, 32, 3].
        title: the picture in words.
    """
    with st.container(horizontal=True):
        if given is not None:
            with st.container(width=_SHOWN):
                st.caption("As given")
                st.image(given, width="stretch", alt=f"{title}, as given")
        with st.container(width=_SHOWN if given is not None else 288):
            st.caption("What the network sees")
            st.image(
                enlarge(seen, 9),
                width="stretch",
                output_format="PNG",  # JPEG, which Streamlit would take, blurs the edges of the pixels
                alt=f"{title}, as the network sees it, {IMAGE_SIZE} pixels a side",
            )


def _told(own: OwnPicture) -> str:
    picture = own.picture
    side = min(picture.width, picture.height)
    cut = (
        "The whole of it" if picture.width == picture.height else f"Its central square of {count(side)} x {count(side)}"
    )
    how = "enlarged" if side < IMAGE_SIZE else "scaled down"
    arrived = "are left of it: the browser scaled it down on the way" if own.is_scaled else "were given"
    how = "as it is" if side == IMAGE_SIZE else f"{how} (Lanczos)"
    animated = f" It is animated: the first of its {count(picture.frames)} frames is taken." * (picture.frames > 1)
    inks = " Its printing inks (CMYK) were turned into red, green and blue." * picture.is_cmyk
    return (
        f"{count(picture.width)} x {count(picture.height)} pixels {arrived}.{animated}{inks} {cut}, {how}, is what the "
        f"network gets: {IMAGE_SIZE} x {IMAGE_SIZE} pixels."
    )
