"""Which runs are chosen, by ticks or by the page's URL."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunFilter, RunOrder, RunStore
from cifar_core.runs.finding import ID_ENDING
from cifar_core.runs.records import UNFINISHED
from cifar_core.ui.address import linked, write
from cifar_core.ui.runs.deletion_view import restore
from cifar_core.ui.runs.filters import ROWS_A_PAGE, choose_filter, choose_offset, choose_order, nothing_passes
from cifar_core.ui.runs.table import COLUMNS, RANKINGS, run_rows
from cifar_core.ui.runs.ticking import RUNS, choose_in, chosen_in, tick_table
from cifar_core.words import counted, plain

REFRESH_SECONDS = 5.0
LINKED_RUNS = 100
"""Most runs that a link may name."""
LINK = "run"
"""The parameter of the URL that names the chosen runs."""
_LINKED = "runs.linked"
"""What the URL named, as it was read or written last."""


def choose_runs(store: RunStore) -> tuple[list[Run], bool]:
    """Filter, order and table.

    While a run waits or trains the table is drawn anew by itself; ticks and the rest of the page stay.

    Returns:
        The chosen runs, those on other pages of the table included; where none is chosen, the newest with a curve. And
        whether they were chosen.
    """
    _follow_link(store)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted, order = choose_filter(store), choose_order()
        offset = choose_offset(store.count_found(wanted), "run", (wanted, order))
    if order in RANKINGS:
        st.caption("Ranked within each data set, protocol and number of training images: one group behind the other.")
    busy = store.count_runs(UNFINISHED) > 0
    draw = st.fragment(_draw_table, run_every=REFRESH_SECONDS) if busy else _draw_table
    shown = draw(store, wanted, order, offset, busy, chosen_in(RUNS))
    chosen = _still_there(store, shown)
    name_in_link(chosen_in(RUNS))
    return chosen or _newest_with_curve(shown), bool(chosen)


def _draw_table(
    store: RunStore, wanted: RunFilter, order: RunOrder, offset: int, was_busy: bool, were_chosen: list[str]
) -> list[Run]:
    runs = store.find_runs(wanted, order, ROWS_A_PAGE, offset)
    if not runs:
        nothing_passes()
        return []
    rows = run_rows(store, runs, order, wanted)
    chosen = tick_table(RUNS, rows, COLUMNS)
    if was_busy and (chosen != were_chosen or not store.count_runs(UNFINISHED)):
        st.rerun()  # what stands below the table shows the chosen ones, and nothing is refreshed any more
    return runs


def _follow_link(store: RunStore) -> None:
    """Chooses what the URL names, once: what is ticked afterwards counts."""
    link = linked(LINK)
    if not link or link == st.session_state.get(_LINKED):
        return
    st.session_state[_LINKED] = link
    found, problems = [], []
    for named in link.split(",")[:LINKED_RUNS]:
        try:
            found += store.find_ids([named])
        except SpecError as error:
            problems.append(plain(str(error)))
    if problems:
        others = f" (and {counted(len(problems) - 1, 'other')} like it)" if len(problems) > 1 else ""
        st.warning(problems[0] + others, icon=":material/link_off:")
    choose_in(RUNS, found)


def name_in_link(run_ids: Sequence[str]) -> None:
    """Names runs in the page's URL, for a reload and for whoever it is sent to."""
    link = ",".join(run_ids)
    st.session_state[_LINKED] = link
    write(LINK, link or None)


def _still_there(store: RunStore, shown: list[Run]) -> list[Run]:
    """The chosen runs, in the order of their ticking; one sentence on those that were deleted meanwhile."""
    chosen = chosen_in(RUNS)
    runs = {run.id: run for run in shown}
    others = tuple(run_id for run_id in chosen if run_id not in runs)
    if others:
        runs |= {run.id: run for run in store.find_runs(RunFilter(ids=others), limit=len(others))}
    gone = [run_id for run_id in chosen if run_id not in runs]
    if gone:
        chosen = [run_id for run_id in chosen if run_id in runs]
        choose_in(RUNS, chosen)
        _tell_gone(store, gone)
    return [runs[run_id] for run_id in chosen]


def _tell_gone(store: RunStore, gone: Sequence[str]) -> None:
    """Of runs that were chosen: what became of them, and the way back where there is one."""
    deleted = [run.id for run in store.find_runs(RunFilter(ids=tuple(gone), deleted=True), limit=len(gone))]
    for ids, what in ((deleted, "deleted"), ([run_id for run_id in gone if run_id not in deleted], "removed for good")):
        if ids:
            named = ", ".join(run_id[-ID_ENDING:] for run_id in ids)
            which = f"Run {named} was" if len(ids) == 1 else f"Runs {named} were"
            st.warning(f"{which} {what}, and no longer chosen.", icon=":material/delete:")
    if deleted:
        st.button(
            "Restore", icon=":material/restore_from_trash:", key="restore-chosen", on_click=restore, args=(deleted,)
        )


def _newest_with_curve(runs: list[Run]) -> list[Run]:
    return sorted((run for run in runs if run.epochs_done), key=lambda run: run.created_at)[-1:]
