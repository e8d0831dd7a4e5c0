"""Runs thrown away: deletion and its undoing, and the deleted runs, which can be restored or removed for good."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.runs import Run, RunFilter, RunStore
from cifar_core.ui import resources
from cifar_core.ui.news import add_news, told
from cifar_core.ui.runs.filters import ROWS_A_PAGE, choose_filter, choose_offset, choose_order, nothing_passes
from cifar_core.ui.runs.table import COLUMNS, run_rows
from cifar_core.ui.runs.ticking import RUNS, choose_in, chosen_in, tick_table
from cifar_core.words import counted

DELETED = "deleted-runs"
"""Name of the table, for `ticking`."""
_UNDO = "runs.undo"
"""Ids of the runs that were deleted last, while one click brings them back."""


def draw_delete(run_ids: Sequence[str]) -> None:
    """The button that deletes runs."""
    help = "They leave every list; Undo brings them back."
    st.button("Delete", icon=":material/delete:", key="delete-runs", help=help, on_click=_delete, args=(run_ids,))


def draw_undo() -> None:
    """A line on the last deletion, with the way back, until it is used or waved away."""
    deleted = st.session_state.get(_UNDO)
    if not deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f":material/delete: {counted(len(deleted), 'run')} deleted.", width="content")
        st.button("Undo", icon=":material/undo:", key="undo-delete", on_click=restore, args=(deleted,))
        st.button("Keep deleted", icon=":material/close:", key="dismiss-undo", on_click=_forget_undo)


def draw_deleted(store: RunStore) -> None:
    """The deleted runs, and what can be done with the ticked ones."""
    if not store.count_found(RunFilter(deleted=True)):
        st.info("No run is deleted.", icon=":material/delete:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted, order = choose_filter(store, deleted=True), choose_order()
        offset = choose_offset(store.count_found(wanted), "deleted run", (wanted, order))
    runs = store.find_runs(wanted, order, ROWS_A_PAGE, offset)
    if not runs:
        nothing_passes()
        return
    _draw_ways_out(_still_deleted(store, tick_table(DELETED, run_rows(store, runs, order, wanted), COLUMNS)))


def _still_deleted(store: RunStore, ticked: Sequence[str]) -> list[Run]:
    """Read anew: the table has measured the files of those that it shows."""
    if not ticked:
        return []
    return store.find_runs(RunFilter(ids=tuple(ticked), deleted=True), limit=len(ticked))


def _draw_ways_out(runs: Sequence[Run]) -> None:
    if not runs:
        st.caption("Tick runs to restore them, or to remove them for good. Their files stay until then.")
        return
    ids = [run.id for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted(len(runs), 'run')} chosen**", width="content")
        st.button("Restore", icon=":material/restore_from_trash:", key="restore", on_click=restore, args=(ids,))
        with st.popover("Remove for good", icon=":material/delete_forever:"):
            size = sum(run.size_bytes or 0 for run in runs) / 1e6
            st.markdown(
                f"**{counted(len(runs), 'run')}, {size:,.1f} MB**: metrics, weights and predictions go for good, and "
                "nothing brings them back."
            )
            st.button("Remove them", type="primary", key="purge", on_click=_purge, args=(ids,))


def _delete(run_ids: Sequence[str]) -> None:
    def delete() -> None:
        deleted = resources.run_store().delete(run_ids)
        st.session_state[_UNDO] = tuple(run.id for run in deleted)
        choose_in(RUNS, [run_id for run_id in chosen_in(RUNS) if run_id not in st.session_state[_UNDO]])

    told(delete)


def restore(run_ids: Sequence[str]) -> None:
    """Brings deleted runs back, and chooses them; for a callback."""

    def bring_back() -> None:
        restored = [run.id for run in resources.run_store().restore(run_ids)]
        choose_in(RUNS, [*chosen_in(RUNS), *restored])
        add_news(f"{counted(len(restored), 'run')} restored.", ":material/restore_from_trash:")

    _forget_undo()
    choose_in(DELETED, ())
    told(bring_back)


def _purge(run_ids: Sequence[str]) -> None:
    def purge() -> None:
        removed = resources.run_store().purge(run_ids)
        add_news(f"{counted(removed, 'run')} removed for good.", ":material/delete_forever:")

    _forget_undo()
    choose_in(DELETED, ())
    told(purge)


def _forget_undo() -> None:
    st.session_state.pop(_UNDO, None)
