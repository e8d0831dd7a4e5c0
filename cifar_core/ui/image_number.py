"""An image of a data set by its number."""

from __future__ import annotations

import streamlit as st

from cifar_core.data.datasets import DatasetInfo, Split
from cifar_core.data.sheets import check_position
from cifar_core.errors import DataError
from cifar_core.ui.keeping import KEPT
from cifar_core.words import plain


def choose_position(dataset: DatasetInfo, split: Split, key: str, width: int) -> int:
    """A box for the number, in the URL; where there is no such image, that is said and the last one stays.

    Args:
        dataset: whose images.
        split: of them.
        key: of the box.
        width: of the box, in screen pixels.

    Returns:
        A position in the set.
    """
    help = "Its position in the set, from 0."
    # Without limits: the browser's own refusal names none, and one from the URL would be dropped in silence. Without a
    # value of its own: Streamlit warns of a box that has one and is set by the program, too.
    asked = int(st.number_input("Image number", step=1, key=key, width=width, help=help, **KEPT))
    last: dict[tuple[str, str], int] = st.session_state.setdefault(f"{key}.last", {})
    try:
        check_position(dataset, split, asked)
        last[dataset.name, split] = asked
    except DataError as error:
        st.error(plain(str(error)), icon=":material/error:")
    return last.get((dataset.name, split), 0)
