"""The trials of a sweep as a table, and the ways on to their runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cifar_core.sweeps.results import SweepResults, SweepTrial
from cifar_core.ui.field_titles import parameter_title
from cifar_core.ui.runs.sweep_plots import values_in_a_line
from cifar_core.ui.runs.table import ACCURACY_FORMAT
from cifar_core.ui.runs.ticking import RUNS, choose_in, chosen_in, tick_table
from cifar_core.words import counted, macs, plain

SHOWN = 8
"""Trials that are named of those that were passed over."""
TRIALS = "sweep-trials"
"""Name of the table of trials, for `ticking`."""
_numbers = st.column_config.NumberColumn
_COLUMNS: dict[str, Any] = {
    "trial": _numbers(width=50, pinned=True),
    "state": st.column_config.TextColumn(
        width=90, help="Pruned: ended early, for others were better by the same epoch."
    ),
    "validation": _numbers(
        width=84,
        format=ACCURACY_FORMAT,
        help="Best accuracy on the validation images, of a pruned trial in fewer epochs.",
    ),
    "Pareto": st.column_config.TextColumn(
        width=60, help="On the front: no other trial with as few parameters is better."
    ),
    "parameters": _numbers(width=90, format="localized"),
    "MACs": st.column_config.TextColumn(width=80),
    "epochs done": _numbers(width=84),
    "run": st.column_config.TextColumn(width=80),
}


def draw_trials(results: SweepResults) -> None:
    """Every trial, newest first; the ticked ones can be opened or compared."""
    front = {trial.trial.number for trial in results.front}
    begun = [trial for trial in reversed(results.trials) if trial.was_begun]
    if begun:
        # A trial on a cluster that was not completed has no run here.
        rows = {
            f"trial {trial.trial.number}" if trial.run is None else trial.run.id: _row(results, trial, front)
            for trial in begun
        }
        titles = [parameter_title(part.name, results.spec.base) for part in results.spec.parameters]
        tick_table(TRIALS, rows, {**_COLUMNS, **{title: st.column_config.TextColumn(width=110) for title in titles}})
        runs = {trial.run.id for trial in begun if trial.run is not None}
        chosen = [run_id for run_id in chosen_in(TRIALS) if run_id in runs]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Tick trials to open one, or to compare their curves and settings.", width="stretch")
            if len(chosen) == 1:
                draw_links(chosen[0])
            if st.button(
                f"Compare {counted(len(chosen), 'trial')}" if chosen else "Compare",
                icon=":material/stacked_line_chart:",
                key="compare-trials",
                disabled=not chosen,
                on_click=_compare,
                args=(chosen,),
            ):
                st.rerun()
    passed_over = results.passed_over
    if passed_over:
        with st.expander(f"Nothing was trained for {counted(len(passed_over), 'trial')}", key="passed-over"):
            for trial in passed_over[:SHOWN]:
                values = values_in_a_line(results, trial)
                told = f" ({plain(values)})" if values else ""
                st.caption(f"Trial {trial.trial.number + 1}{told}: {plain(trial.trial.why)}")
            if len(passed_over) > SHOWN:
                st.caption(f"And {len(passed_over) - SHOWN:,} more.")


def _row(results: SweepResults, trial: SweepTrial, front: set[int]) -> dict[str, object]:
    run = trial.run
    words, base = trial.trial.words, results.spec.base
    told = {parameter_title(part.name, base): words.get(part.name, "-") for part in results.spec.parameters}
    best = trial.best_so_far
    return {
        "trial": trial.trial.number + 1,
        "state": trial.became,
        "validation": None if best is None else 100 * best,
        **told,  # before what follows from it: a narrow window shows the first columns alone
        "Pareto": "front" if trial.trial.number in front else "",
        "parameters": trial.num_params,
        "MACs": None if trial.macs is None else macs(trial.macs),
        "epochs done": None if run is None else run.epochs_done,
        "run": None if run is None else run.id[-6:],
    }


def draw_links(run_id: str) -> None:
    """The ways to a run and to its mistakes."""
    query = {"run": run_id}
    st.page_link("pages/training.py", label="Open it", icon=":material/play_circle:", query_params=query)
    st.page_link("pages/mistakes.py", label="Its mistakes", icon=":material/grid_on:", query_params=query)


def _compare(run_ids: list[str]) -> None:
    from cifar_core.ui.runs.families_view import EACH_RUN, VIEW

    choose_in(RUNS, run_ids)
    st.session_state[VIEW] = EACH_RUN
