"""What a person takes along from a page."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.data import AugmentationSpec


def json_download(label: str, spec: ArchitectureSpec | AugmentationSpec) -> None:
    """A button that saves a spec as a JSON file named after it."""
    st.download_button(
        label,
        spec.to_json(),
        file_name=f"{spec.name}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
