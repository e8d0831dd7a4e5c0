"""Mistakes: the confusion matrix of a run, and the images behind each cell."""

import streamlit as st

from cifar_core.data import dataset_info
from cifar_core.ui import mistakes_view, resources
from cifar_core.ui.live_view import no_runs_yet
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes

MATRIX_WIDTH = 540

with page("Mistakes", ":material/grid_on:"):
    store = resources.run_store()
    choices = st.container(horizontal=True, vertical_alignment="bottom")
    with choices:
        run = mistakes_view.choose_run(store)
    if run is None:
        no_runs_yet()
    else:
        with choices:
            split = mistakes_view.choose_split(run)
        predictions = mistakes_view.predictions_or_offer(store, run, split)
        if predictions is not None:
            info = dataset_info(run.config.dataset)
            mistakes_view.remember_classes(info)
            mistakes_view.draw_summary(run, split, predictions)
            matrix, gallery = two_panes(MATRIX_WIDTH)
            with matrix:
                true_class, predicted_class = mistakes_view.choose_cell(predictions, info)
                st.markdown("**By class**")
                mistakes_view.draw_classes(predictions, info)
            with gallery:
                mistakes_view.draw_gallery(run, split, predictions, true_class, predicted_class)
