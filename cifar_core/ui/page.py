"""What every page begins with: configuration, navigation, workbench strip, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cifar_core.errors import LabError
from cifar_core.ui import resources
from cifar_core.ui.address import enter_page
from cifar_core.ui.back_button import mend_back
from cifar_core.ui.starts import read_saved
from cifar_core.ui.style import style_page
from cifar_core.ui.tab_icon import tab_icon
from cifar_core.ui.workbench import draw_strip
from cifar_core.ui.workbench_link import keep_in_link, restore_from_link
from cifar_core.words import plain

SIDEBAR_WIDTH = 200
"""Screen pixels: the least that Streamlit allows, so that a window of 800 keeps room for the page."""

_SECTIONS = {
    "": (("app.py", "Home", ":material/home:"),),
    "Design": (
        ("pages/architecture.py", "Architecture", ":material/schema:"),
        ("pages/augmentation.py", "Augmentation", ":material/auto_fix_high:"),
    ),
    "Train": (("pages/training.py", "Training", ":material/play_circle:"),),
    "Understand": (
        ("pages/runs.py", "Runs", ":material/show_chart:"),
        ("pages/mistakes.py", "Mistakes", ":material/grid_on:"),
        ("pages/predict.py", "Predict", ":material/image_search:"),
    ),
    "Teach": (("pages/class.py", "Class", ":material/school:"),),
}


@contextmanager
def page(title: str) -> Iterator[None]:
    """Draws a page's frame around its body.

    The workbench strip stands above the body but is drawn after it, so that it tells what the body's widgets chose.
    A LabError in the body becomes one sentence on the page. The workbench is taken from the URL before the body, and
    written into it behind.

    Args:
        title: shown as heading and in the browser's tab.
    """
    tab = f"{title} · CIFAR Lab"
    st.set_page_config(tab, tab_icon(), layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    style_page()
    is_entered = enter_page(title)
    _draw_navigation()
    st.header(title, anchor=False)
    strip = st.container()
    problem = _open_store()
    _restore_workbench(is_entered)
    try:
        yield
    except LabError as error:
        if str(error) != problem:  # else the page has said it already
            st.error(plain(str(error)), icon=":material/error:")
    with strip:
        draw_strip()
    keep_in_link()
    resources.warm_up()


def _draw_navigation() -> None:
    with st.sidebar:
        st.subheader("CIFAR Lab", anchor=False)
        for section, links in _SECTIONS.items():
            if section:
                st.caption(section)
            for path, label, icon in links:
                st.page_link(path, label=label, icon=icon, width="stretch")
        mend_back()


def _restore_workbench(is_entered: bool) -> None:
    for problem in restore_from_link(is_entered):
        st.warning(plain(problem), icon=":material/link_off:")


def _open_store() -> str | None:
    """Starts what takes up queued runs, and reads what is saved.

    Returns:
        What was said if the store is unusable: designing goes on without.
    """
    try:
        resources.sweeps()  # and with it what trains
        read_saved()
    except LabError as error:
        st.warning(f"No run can be trained here: {plain(str(error))}", icon=":material/warning:")
        return str(error)
    try:
        resources.offer_examples()
    except LabError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
    return None
