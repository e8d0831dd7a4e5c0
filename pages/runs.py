"""Runs: every run in a table, the curves of the chosen ones over each other."""

import streamlit as st

from cifar_core.ui import resources
from cifar_core.ui.live_view import no_runs_yet
from cifar_core.ui.page import page
from cifar_core.ui.runs_table import choose_runs, draw_curves

with page("Runs", ":material/show_chart:"):
    store = resources.run_store()
    total = store.count_runs()
    if not total:
        no_runs_yet()
    else:
        st.caption("Tick rows to see their curves over each other; with none ticked, the newest curve is shown.")
        chosen = choose_runs(store, total)
        with_reference = st.toggle(
            "The seed document's 50 epochs beside them",
            value=any(run.config.dataset == "cifar10" for run in chosen),
            help="Model 3 on the test set: 85.4 % at its last epoch; the starred 85.5 % is test-chosen.",
        )
        draw_curves(store, chosen, with_reference)
        st.caption("Solid: the set evaluated every epoch, its best epoch starred. Dotted: training images, as trained.")
