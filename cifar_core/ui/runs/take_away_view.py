"""What a person takes along of runs: a link to this page, and a run as a file for another program."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.analysis.export.formats import FORMATS, export_run
from cifar_core.errors import LabError
from cifar_core.runs import Run, RunStore
from cifar_core.ui.runs.choosing import LINK
from cifar_core.ui.workbench_link import share_link
from cifar_core.words import counted, plain


def draw_take_away(store: RunStore, run: Run, shown: Sequence[Run]) -> None:
    """Files of one run, and a link that opens the page with all that are shown."""
    titles = {kind: each.title for kind, each in FORMATS.items()}
    kind = st.segmented_control(
        "File", list(titles), default="package", format_func=titles.__getitem__, required=True, key="export-format"
    )
    st.caption(FORMATS[kind].about)
    if st.button("Make the file", icon=":material/deployed_code:", key="make-export"):
        _offer(store, run, kind)
    which = "this run" if len(shown) == 1 else f"these {counted(len(shown), 'run')}"
    st.markdown(
        f"**A link to this page with {which}**, and with the architecture, augmentation and recipe on the workbench; "
        "it opens on any machine that runs the dashboard on this store"
    )
    st.code(share_link(**{LINK: ",".join(each.id for each in shown)}), language=None, wrap_lines=True)


def _offer(store: RunStore, run: Run, kind: str) -> None:
    """The finished file to be saved; or why there is none."""
    try:
        with st.spinner("Making the file", show_time=True):
            export = export_run(store, run, kind)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"Save {export.file_name}",
            export.content,
            file_name=export.file_name,
            mime=FORMATS[kind].mime,
            icon=":material/download:",
            on_click="ignore",
            key="save-export",
        )
        size = f"{max(0.1, len(export.content) / 1000):,.{0 if len(export.content) > 10_000 else 1}f} kB."
        st.caption(f"{size} {plain(export.check_sentence)}".strip())
