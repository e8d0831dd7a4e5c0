"""A person's own picture: uploaded, or pasted from the clipboard."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cifar_core.data import Picture, load_picture
from cifar_core.errors import DataError
from cifar_core.ui.own_picture.pasting import paste_picture
from cifar_core.words import plain

MEGABYTES = 10
_UPLOAD, _OWN, _PROBLEM = "upload", "own-picture", "own-picture-problem"


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """What a person brought."""

    name: str
    picture: Picture
    is_scaled: bool = False
    """Whether the browser scaled it down before it sent it."""


def choose_own_picture() -> OwnPicture | None:
    """An upload box and a paste button; the picture that came last is kept through changes of page.

    One that is refused is told in a sentence, and the one before it stays.

    Returns:
        None if there is none yet.
    """
    file = st.file_uploader(
        "Upload a PNG, JPEG or WebP",
        type=["png", "jpg", "jpeg", "webp"],
        key=_UPLOAD,
        max_upload_size=MEGABYTES,
        on_change=_take_upload,
    )
    if file is None:  # taken away, or the page was left: what was wrong with it is of no interest any more
        st.session_state.pop(_PROBLEM, None)
    try:
        pasted = paste_picture(key="paste")
        if pasted is not None:
            _take("Pasted picture", pasted.content, pasted.is_scaled)
    except DataError as error:
        st.session_state[_PROBLEM] = str(error)
    own: OwnPicture | None = st.session_state.get(_OWN)
    if problem := st.session_state.get(_PROBLEM):
        shown = "" if own is None else f" The picture shown is still {plain(own.name)}."
        st.error(plain(problem) + shown, icon=":material/error:")
    if own is None:
        st.info(
            "Choose a picture: its central square is shown to networks in 32 x 32 pixels. It stays on the machine "
            "that runs this dashboard.",
            icon=":material/image_search:",
        )
    return own


def _take_upload() -> None:
    file = st.session_state[_UPLOAD]
    if file is None:  # taken away again: the picture that is shown stays until another one comes
        return
    try:
        _take(file.name, file.getvalue())
    except DataError as error:
        st.session_state[_PROBLEM] = str(error)


def _take(name: str, content: bytes, is_scaled: bool = False) -> None:
    st.session_state[_OWN] = OwnPicture(name, load_picture(content, name), is_scaled)
    st.session_state.pop(_PROBLEM, None)
