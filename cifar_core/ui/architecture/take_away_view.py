"""What a person takes along: training, a link, source code, JSON."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec
from cifar_core.architecture.codegen import source_code
from cifar_core.ui.take_away import json_download
from cifar_core.ui.workbench_link import architecture_link, share_link


def take_away(preset: ArchitecturePreset, spec: ArchitectureSpec) -> None:
    """Every way out of the page, with the network in it."""
    source = source_code(spec)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/training.py", label="Train this network", icon=":material/play_circle:")
        json_download("Architecture as JSON", spec)
        st.download_button(
            "PyTorch source",
            source,
            file_name="network.py",
            mime="text/x-python",
            icon=":material/code:",
            on_click="ignore",
        )
    st.markdown("**A link that opens this network**, on any machine that runs the dashboard at this address")
    st.code(share_link(network=architecture_link(preset, spec)), language=None, wrap_lines=True)
    st.markdown("**Stand-alone PyTorch source**: needs torch alone; a run's weights load into it")
    st.code(source, language="python", height=520)
