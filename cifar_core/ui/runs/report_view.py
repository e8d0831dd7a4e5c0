"""A report of the chosen runs: a person's words on each, then the file to take away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.analysis.curves import run_title
from cifar_core.errors import LabError
from cifar_core.runs import Run, RunStore
from cifar_core.runs.report_texts import MAX_TEXT, ReportText
from cifar_core.ui import resources
from cifar_core.ui.news import told
from cifar_core.words import counted, plain


def draw_report(store: RunStore, runs: Sequence[Run]) -> None:
    """Fields for target and analysis of each run, and buttons that make and save the report."""
    st.caption(
        "A report in the seed document's form. Write a target and an analysis of your own first, if you like: plain "
        "text, each line a point. They are kept with the run as soon as you leave a field, and the computed analysis "
        "stands below yours."
    )
    for number, run in enumerate(runs, start=1):
        with st.expander(f"Model {number}: {plain(run_title(run))}", expanded=len(runs) == 1):
            _edit_text(store, run)
    _take_away(store, runs)


def _edit_text(store: RunStore, run: Run) -> None:
    """Two fields that are kept as soon as they are left: what stands on the page is what the report says."""
    kept = store.report_text(run.id)
    for part, title, words in (("target", "Target", kept.target), ("analysis", "Your analysis", kept.analysis)):
        key = _key(run.id, part)
        # The fields stay the same ones while this person writes: a new one would take what is typed into it meanwhile.
        # Only words that were written elsewhere take the place of what stands there.
        if key not in st.session_state or st.session_state.get(_seen(key)) != words:
            st.session_state[key] = st.session_state[_seen(key)] = words
        st.text_area(title, max_chars=MAX_TEXT, key=key, on_change=_keep, args=(run.id, part))


def _key(run_id: str, part: str) -> str:
    return f"report-{part}-{run_id}"


def _seen(key: str) -> str:
    """Where the words are that the field's writer started from."""
    return f"{key}.seen"


def _keep(run_id: str, part: str) -> None:
    key = _key(run_id, part)

    def keep() -> None:
        store = resources.run_store()
        text, before = ReportText(**{part: st.session_state[key]}), ReportText(**{part: st.session_state[_seen(key)]})
        store.set_report_text(run_id, text, before)
        st.session_state[_seen(key)] = getattr(store.report_text(run_id), part)

    told(keep)


def _take_away(store: RunStore, runs: Sequence[Run]) -> None:
    from cifar_core.report.formats import FORMATS

    titles = {kind: each.title for kind, each in FORMATS.items()}
    kind = st.radio("File", list(titles), format_func=titles.__getitem__, key="report-format", horizontal=True)
    chosen = FORMATS[kind]
    label = f"Make the report of {counted(len(runs), 'run')}"
    if not st.button(label, icon=":material/description:", key="make-report"):
        return
    from cifar_core.report.content import make_report

    try:
        with st.spinner("Making the report"):
            content = chosen.write(make_report(store, runs))
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.download_button(
        f"Save {chosen.file_name}",
        content,
        file_name=chosen.file_name,
        mime=chosen.mime,
        icon=":material/download:",
        on_click="ignore",
        key="save-report",
    )
