"""Training: launch what lies on the workbench, and watch it."""

import streamlit as st

from cifar_core.ui.launch_form import choose_run, draw_rate, launch_button
from cifar_core.ui.live_view import watch
from cifar_core.ui.page import page

with page("Training", ":material/play_circle:"):
    form, live = st.columns([1, 2], gap="large")
    with form:
        config = choose_run()
        launch_button(config)
        st.markdown("**Learning rate**")
        draw_rate(config.training)
    with live:
        watch()
