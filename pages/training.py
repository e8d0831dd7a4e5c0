"""Training: launch what lies on the workbench, and watch it."""

import streamlit as st

from cifar_core.ui.launch_form import choose_run, draw_rate, launch_button
from cifar_core.ui.live_view import watch
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes

with page("Training", ":material/play_circle:"):
    form, live = two_panes()
    with form:
        config = choose_run()
        launch_button(config)
        st.markdown("**Learning rate**")
        draw_rate(config.training)
    with live:
        watch()
