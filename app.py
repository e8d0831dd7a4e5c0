"""Home. `streamlit run app.py` starts the dashboard here; the other pages lie in `pages/`."""

import streamlit as st

from cifar_core.ui import home
from cifar_core.ui.data.look import draw_look
from cifar_core.ui.page import page
from cifar_core.ui.seed_experiment_view import draw_seed_experiment

with page("CIFAR Lab"):
    st.markdown(
        "Design, train and dissect compact CIFAR-10 networks: "
        "see what this augmentation, this channel width, this dilation really does."
    )
    home.draw_field()
    home.draw_doors()
    home.draw_story()
    home.draw_beyond()
    draw_seed_experiment()
    draw_look()
    home.draw_status()
