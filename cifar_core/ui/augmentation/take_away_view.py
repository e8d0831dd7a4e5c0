"""What a person takes along of an augmentation: training, source code, JSON; and a JSON brought back."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.code import augmentation_code
from cifar_core.errors import SpecError
from cifar_core.ui.augmentation.choosing import choose_dataset
from cifar_core.ui.starts import augmentation_starts
from cifar_core.ui.take_away import json_download
from cifar_core.ui.workbench import NO_AUGMENTATION, augmentation_preset_on_workbench, put_augmentation
from cifar_core.ui.workbench_link import augmentation_link, share_link
from cifar_core.words import counted, plain

_PASTED, _FILE = "augmentation-json", "augmentation-file"
_REFUSED, _LAID = "augmentation-json-refused", "augmentation-json-laid"
"""What became of the JSON that was brought last."""


def draw_take_away(spec: AugmentationSpec) -> None:
    """Every way out of the page, and one in.

    Args:
        spec: what lies on the workbench.
    """
    dataset = choose_dataset()
    source = augmentation_code(spec, dataset.mean)
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
    st.caption(
        f"What the code leaves empty it fills with the mean colour of {dataset.title}, unless another fill is chosen."
    )
    with st.expander(
        "The code: runs with albumentations alone, and gives these pictures for the same seed", True, key="its-code"
    ):
        st.code(source, language="python", height=420)
    with st.expander("Bring an augmentation along as JSON", key="bring-json"):
        st.file_uploader("A file", type=["json"], key=_FILE, max_upload_size=2, on_change=_open_file)
        st.text_area("Or its text", key=_PASTED, height=160)
        st.button("Lay it on the workbench", key="augmentation-json-open", on_click=_open_pasted)
        if refused := st.session_state.get(_REFUSED):
            st.error(f"{plain(refused)} The augmentation is still the one before.", icon=":material/error:")
        elif laid := st.session_state.pop(_LAID, None):
            st.success(f"On the workbench now: {laid}.", icon=":material/check:")


def _open_file() -> None:
    file = st.session_state[_FILE]
    if file is not None:  # None: it was taken away again, which changes nothing
        _open(file.getvalue())


def _open_pasted() -> None:
    _open(st.session_state[_PASTED])


def _open(text: str | bytes) -> None:
    """Lays it on the workbench; what cannot be read changes nothing."""
    st.session_state[_REFUSED] = st.session_state[_LAID] = None
    if not text.strip():
        st.session_state[_REFUSED] = "There is no text: paste an augmentation's JSON, or choose its file."
        return
    try:
        spec = AugmentationSpec.parse(text)
    except SpecError as error:
        st.session_state[_REFUSED] = str(error).replace(AugmentationSpec.__name__, "The augmentation", 1)
        return
    # What it began with: the preset or saved one that it names, or else nothing at all.
    put_augmentation(spec.name if spec.name in augmentation_starts().names else NO_AUGMENTATION, spec)
    st.session_state[_LAID] = counted(len(spec.transforms), "transform") + (
        f" and {counted(len(spec.batch), 'mixer')}" if spec.batch else ""
    )
