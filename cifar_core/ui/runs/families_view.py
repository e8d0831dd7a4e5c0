"""Runs by configuration: the seeds of one in one row, with mean and spread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs import Family, Run, RunStore, Spread
from cifar_core.ui.runs.choosing import name_in_link
from cifar_core.ui.runs.filters import ROWS_A_PAGE, choose_filter, choose_offset, nothing_passes
from cifar_core.ui.runs.table import ACCURACY_FORMAT, BEST_WORDS, COLUMNS, as_percent, league_title, run_rows
from cifar_core.ui.runs.ticking import RUNS, choose_in, tick_table
from cifar_core.words import counted, moment, plain

FAMILIES = "families-table"
"""Name of the table, for `ticking`."""
VIEW, EACH_RUN = "runs-view", "Each run"

_numbers = st.column_config.NumberColumn
_means: dict[str, Any] = {"width": 76, "format": ACCURACY_FORMAT}
_deviations: dict[str, Any] = {
    "width": 58,
    "format": "%.2f",
    "help": "Sample standard deviation, in points.",
}
FAMILY_COLUMNS: dict[str, Any] = {
    "newest": st.column_config.TextColumn(width=170, pinned=True, help="Name of its newest run."),
    "runs": _numbers(width=52),
    "best": _numbers(**_means, help="Mean over the completed runs."),
    "± best": _numbers("±", **_deviations),
    "n": _numbers(width=40, help="Completed runs, which the mean is over."),
    "best is": COLUMNS["best is"],
    "test": _numbers(**_means, help="Mean of the test accuracies."),
    "± test": _numbers("±", **_deviations),
    "of": _numbers(width=48, help="Completed runs whose test accuracy was read."),
    "test is": COLUMNS["test is"],
    "parameters": COLUMNS["parameters"],
    "field": COLUMNS["field"],
    "rules": COLUMNS["rules"],
    "compares with": COLUMNS["ranked among"],
    "made (UTC)": st.column_config.TextColumn(width=130, help="When its newest run was made."),
}


def choose_family(store: RunStore) -> list[Run]:
    """The table of configurations; returns the runs of the one that is chosen, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = choose_filter(store)
        offset = choose_offset(store.count_families(wanted), "configuration", (wanted,))
    families = {family.key: family for family in store.find_families(wanted, ROWS_A_PAGE, offset)}
    if not families:
        nothing_passes()
        return []
    rows = {key: family_row(family) for key, family in families.items()}
    chosen = tick_table(FAMILIES, rows, FAMILY_COLUMNS, "single-row")
    family = families.get(chosen[0]) if chosen else None
    if family is None:
        st.caption("Tick a configuration to see its runs and their curves. Runs of one differ in their seeds alone.")
        return []
    runs = store.find_runs(replace(wanted, family=family.key), limit=ROWS_A_PAGE)
    _draw_runs(store, runs)
    name_in_link([run.id for run in runs])
    return runs


def family_row(family: Family) -> dict[str, object]:
    """What the table says of a configuration."""
    newest, protocol = family.newest, family.newest.config.training.protocol
    best, test = family.best_accuracy, family.test_accuracy
    return {
        "newest": newest.name,
        "runs": family.count,
        "best": best and 100 * best.mean,
        "± best": _deviation(best),
        "n": best and best.count,
        "best is": best and BEST_WORDS[protocol],
        "test": test and 100 * test.mean,
        "± test": _deviation(test),
        "of": test and test.count,
        "test is": test and ACCURACY_LABELS[protocol],
        "parameters": newest.num_params,
        "field": newest.receptive_field,
        "rules": newest.meets_rules,
        "compares with": league_title(newest.league),
        "made (UTC)": moment(newest.created_at),
    }


def _deviation(spread: Spread | None) -> float | None:
    return None if spread is None else as_percent(spread.deviation)


def _draw_runs(store: RunStore, runs: list[Run]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(runs[0].name)}**: {counted(len(runs), 'run')}", width="content")
        ids = [run.id for run in runs]
        st.button("Choose these runs", icon=":material/checklist:", key="choose-family", on_click=_choose, args=(ids,))
    st.dataframe(
        list(run_rows(store, runs).values()), hide_index=True, key="family-runs", placeholder="-", column_config=COLUMNS
    )


def _choose(run_ids: list[str]) -> None:
    choose_in(RUNS, run_ids)
    st.session_state[VIEW] = EACH_RUN
