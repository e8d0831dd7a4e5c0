"""The section of Home that looks at the data: it costs nothing until it is opened."""

from __future__ import annotations

import streamlit as st


def draw_look() -> None:
    """A collapsed section; its images are read and its parts imported only while it is open, which the URL tells."""
    with st.expander("Look at the data", icon=":material/photo_library:", key="look", bind="query-params") as section:
        if section.open:
            from cifar_core.ui.data.section import draw_section

            draw_section()
