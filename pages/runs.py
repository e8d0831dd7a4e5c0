"""Runs: every run in a table, and what the chosen ones have in common and not."""

import streamlit as st

from cifar_core.runs import RunFilter
from cifar_core.ui import resources
from cifar_core.ui.empty import no_runs_yet
from cifar_core.ui.news import tell_news
from cifar_core.ui.page import page
from cifar_core.ui.runs.choosing import choose_runs
from cifar_core.ui.runs.compare_view import draw_comparison
from cifar_core.ui.runs.deletion_view import draw_deleted, draw_undo
from cifar_core.ui.runs.families_view import EACH_RUN, VIEW, choose_family
from cifar_core.ui.runs.keeping_view import draw_actions
from cifar_core.ui.runs.sweeps_view import SWEEPS, draw_sweeps, follow_sweep_link, leave_sweeps

BY_CONFIGURATION, DELETED = "By configuration", "Deleted"

with page("Runs"):
    store = resources.run_store()
    has_runs = store.count_runs() > 0
    follow_sweep_link(VIEW)
    tell_news()
    draw_undo()
    if not (has_runs or store.count_found(RunFilter(deleted=True)) or store.list_sweeps()):
        no_runs_yet()
    else:
        view = st.segmented_control(
            "Which runs",
            (EACH_RUN, BY_CONFIGURATION, SWEEPS, DELETED),
            default=None if VIEW in st.session_state else EACH_RUN,
            required=True,
            key=VIEW,
            label_visibility="collapsed",
            persist_state="session",
        )
        runs = []
        if view != SWEEPS:
            leave_sweeps()
        if view == DELETED:
            draw_deleted(store)
        elif view == SWEEPS:
            draw_sweeps(store)
        elif not has_runs:
            no_runs_yet()
        elif view == BY_CONFIGURATION:
            runs = choose_family(store)
        else:
            runs, are_chosen = choose_runs(store)
            draw_actions(store, runs, are_chosen)
        if runs:
            draw_comparison(store, runs, as_band=view == BY_CONFIGURATION)
