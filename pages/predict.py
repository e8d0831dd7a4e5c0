"""Predict: an image of your own or of the set, and what up to four networks say of it."""

import streamlit as st

from cifar_core.ui import resources
from cifar_core.ui.empty import no_runs_yet
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes
from cifar_core.ui.predict.answers import ask, draw_answers, draw_relied, draw_stability
from cifar_core.ui.predict.image import choose_image
from cifar_core.ui.predict.runs import choose_runs

with page("Predict"):
    store = resources.run_store()
    runs = choose_runs(store)
    if runs is None:
        no_runs_yet()
    elif not runs:
        st.info("Choose a run above: its network is asked what it sees.", icon=":material/info:")
    else:
        choice, said = two_panes()
        with choice:
            image = choose_image(runs)
        if image is not None:
            with said:
                answers = ask(store, runs, image)
                draw_answers(answers, image)
        if image is not None and answers:
            draw_relied(store, [answer for group in answers.values() for answer in group], image)
            draw_stability(store, answers, image)
