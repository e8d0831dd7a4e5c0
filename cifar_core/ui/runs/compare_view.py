"""What stands below the table, about the chosen runs: curves, differences, analysis, rules, report, ways out."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cifar_core.analysis.curves import run_title
from cifar_core.runs import Run, RunStore
from cifar_core.ui.panes import choose_pane
from cifar_core.ui.runs.analysis_view import draw_analysis
from cifar_core.ui.runs.curves_view import draw_curves
from cifar_core.ui.runs.report_view import draw_report
from cifar_core.ui.runs.rules_view import draw_rules
from cifar_core.ui.runs.settings_view import draw_differences
from cifar_core.ui.runs.take_away_view import draw_take_away

_PANES = ("Curves", "Differences", "Analysis", "Rules", "Report", "Take away")


def draw_comparison(store: RunStore, runs: Sequence[Run], as_band: bool) -> None:
    """A pane about the runs; only the chosen one is computed.

    Args:
        store: where they are.
        runs: at least one.
        as_band: whether they are the seeds of one configuration, whose curves are a band at first.
    """
    pane = choose_pane(_PANES, "runs-pane", persist_state="session")
    if pane == "Differences":
        draw_differences(runs)
    elif pane == "Analysis":
        draw_analysis(store, _choose_one(runs))
    elif pane == "Rules":
        draw_rules(_choose_one(runs))
    elif pane == "Report":
        draw_report(store, runs)
    elif pane == "Take away":
        draw_take_away(store, _choose_one(runs), runs)
    else:
        draw_curves(store, runs, as_band)


def _choose_one(runs: Sequence[Run]) -> Run:
    """The only run, or the one of several that a select box names."""
    if len(runs) == 1:
        return runs[0]
    titles = {run.id: run_title(run) for run in runs}
    chosen = st.selectbox("Run", list(titles), format_func=titles.__getitem__, key="one-run", width=400)
    return next(run for run in runs if run.id == chosen)
