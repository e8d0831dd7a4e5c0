"""What the chosen runs are, and what a person changes of them: name, tags, note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from cifar_core.analysis.curves import run_title
from cifar_core.runs import Run, RunStore
from cifar_core.runs.config import MAX_NAME
from cifar_core.runs.keeping import MAX_NOTE, MAX_TAGS
from cifar_core.ui import resources
from cifar_core.ui.news import add_news, told
from cifar_core.ui.origin import origin_sentence
from cifar_core.ui.runs.deletion_view import draw_delete
from cifar_core.ui.runs.ticking import RUNS, choose_in
from cifar_core.words import counted, plain

NAMED_RUNS = 4
"""Chosen ones that are named; of more, the number is told."""


def draw_actions(store: RunStore, runs: Sequence[Run], are_chosen: bool) -> None:
    """What can be done with the runs that are shown.

    Args:
        store: where they are.
        runs: the chosen ones, or the one that is shown where none is chosen.
        are_chosen: whether a person chose them; else nothing can be changed.
    """
    if are_chosen:
        names = [plain(run_title(run)) for run in runs[:NAMED_RUNS]] + ["…"] * (len(runs) > NAMED_RUNS)
        st.markdown(f"**{counted(len(runs), 'run')} chosen**: {', '.join(names)}")
    else:
        st.caption("Tick rows to compare runs, or to change them." + (" Below: the newest curve." if runs else ""))
    with st.container(horizontal=True, vertical_alignment="center"):
        if are_chosen:
            _draw_changes(store, runs)
        if len(runs) == 1:
            _draw_links(runs[0])
    for run in runs[:NAMED_RUNS]:
        if sentence := origin_sentence(run):
            st.caption(f"{plain(run_title(run))}: {sentence}")
        if run.note:
            st.caption(f"Note on {plain(run_title(run))}:")
            st.text(run.note)


def _draw_changes(store: RunStore, runs: Sequence[Run]) -> None:
    if len(runs) == 1:
        _draw_rename(runs[0])
    _draw_tags(store, runs)
    if len(runs) == 1:
        _draw_note(runs[0])
    draw_delete([run.id for run in runs])
    st.button("Untick all", icon=":material/close:", key="untick-runs", on_click=choose_in, args=(RUNS, ()))


def _draw_links(run: Run) -> None:
    query = {"run": run.id}
    st.page_link("pages/training.py", label="Open in Training", icon=":material/play_circle:", query_params=query)
    if run.has_weights:
        st.page_link("pages/mistakes.py", label="See its mistakes", icon=":material/grid_on:", query_params=query)


# The widgets' keys hold what they change: a name or a note that was changed elsewhere must not be put back by a form
# that was filled in before.


def _draw_rename(run: Run) -> None:
    key = f"name-{run.id}-{hash(run.name):x}"
    with _form("Rename", ":material/edit:", "rename"):
        st.text_input("Name", run.name, max_chars=MAX_NAME, key=key)
        st.form_submit_button("Rename", key="rename-save", on_click=_rename, args=(run.id, key))


def _draw_note(run: Run) -> None:
    key = f"note-{run.id}-{hash(run.note):x}"
    with _form("Note", ":material/edit_note:", "note"):
        st.text_area("Note", run.note, max_chars=MAX_NOTE, key=key, width=400)
        st.form_submit_button("Keep the note", key="note-save", on_click=_set_note, args=(run, key))


def _draw_tags(store: RunStore, runs: Sequence[Run]) -> None:
    common = common_tags(runs)
    key = f"tags-{hash((tuple(run.id for run in runs), common)):x}"
    with st.popover("Tags", icon=":material/sell:", key="tags"):
        # Without a button: the list of tags that opens beneath would lie over it.
        st.multiselect(
            "Tags" if len(runs) == 1 else "Tags of all of them",
            store.known_tags(),
            common,
            accept_new_options=True,
            max_selections=MAX_TAGS,
            placeholder="Choose, or type and press Enter",
            key=key,
            width=320,
            on_change=_set_tags,
            args=([run.id for run in runs], common, key),
        )
        st.caption("Kept as soon as they are chosen.")


@contextmanager
def _form(label: str, icon: str, name: str) -> Iterator[None]:
    """A form that opens under a button; `_close` closes it."""
    with st.popover(label, icon=icon, key=name, on_change="rerun"), st.form(f"{name}-form", border=False):
        yield


def _close(name: str) -> None:
    st.session_state[name] = False


def _rename(run_id: str, key: str) -> None:
    def rename() -> None:
        run = resources.run_store().rename(run_id, st.session_state[key])
        _close("rename")
        add_news(f"{plain(run_title(run))} has its new name.", ":material/edit:")

    told(rename)


def _set_note(run: Run, key: str) -> None:
    def note() -> None:
        resources.run_store().set_note(run.id, st.session_state[key], before=run.note)
        _close("note")
        add_news(f"The note on {plain(run_title(run))} is kept.", ":material/edit_note:")

    told(note)


def _set_tags(run_ids: Sequence[str], common: Sequence[str], key: str) -> None:
    def tag() -> None:
        chosen = st.session_state[key]
        added, removed = [tag for tag in chosen if tag not in common], [tag for tag in common if tag not in chosen]
        resources.run_store().change_tags(run_ids, added, removed)
        add_news(f"The tags of {counted(len(run_ids), 'run')} are kept.", ":material/sell:")

    told(tag)


def common_tags(runs: Sequence[Run]) -> tuple[str, ...]:
    """The tags that every one of the runs has."""
    return tuple(tag for tag in runs[0].tags if all(tag in run.tags for run in runs))
