"""What a person takes along of an augmentation: training, source code, JSON; and a JSON brought back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.code import augmentation_code
from cifar_core.errors import SpecError
from cifar_core.ui.take_away import json_download
from cifar_core.ui.workbench import augmentation_preset_on_workbench, put_augmentation
from cifar_core.ui.workbench_link import augmentation_link, share_link
from cifar_core.words import plain

_PASTED, _REFUSED = "augmentation-json", "augmentation-json-refused"


def draw_take_away(spec: AugmentationSpec, mean: Sequence[float]) -> None:
    """Every way out of the page, and one in.

    Args:
        spec: what lies on the workbench.
        mean: of the data set shown, by channel, in 0..1; the colour that the code fills with.
    """
    source = augmentation_code(spec, mean)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/training.py", label="Train with this augmentation", icon=":material/play_circle:")
        json_download("Augmentation as JSON", spec)
        st.download_button(
            "albumentations code",
            source,
            file_name="augmentation.py",
            mime="text/x-python",
            icon=":material/code:",
            on_click="ignore",
        )
    st.markdown("**A link that opens this augmentation**, with the architecture and the recipe on the workbench")
    link = share_link(transforms=augmentation_link(augmentation_preset_on_workbench(), spec))
    st.code(link, language=None, wrap_lines=True)
    with st.expander("The code: runs with albumentations alone, and gives these pictures for the same seed"):
        st.code(source, language="python", height=420)
    with st.expander("Bring an augmentation along as JSON"):
        st.text_area("JSON of an augmentation", key=_PASTED, height=160)
        st.button("Lay it on the workbench", key="augmentation-json-open", on_click=_open_pasted)
        if refused := st.session_state.get(_REFUSED):
            st.error(f"{plain(refused)} The augmentation is still the one before.", icon=":material/error:")


def _open_pasted() -> None:
    """What cannot be read changes nothing."""
    st.session_state[_REFUSED] = None
    try:
        spec = AugmentationSpec.parse(st.session_state[_PASTED])
    except SpecError as error:
        st.session_state[_REFUSED] = str(error)
        return
    put_augmentation(augmentation_preset_on_workbench().name, spec)
