"""The seed document's three models, trained anew with one click."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import available_datasets, dataset_info
from cifar_core.errors import LabError
from cifar_core.runs import RunStore
from cifar_core.runs.seed_experiment import MAX_EPOCHS, SEED_EPOCHS, seed_experiment
from cifar_core.ui import resources
from cifar_core.words import plain

_RUNS = "seed-experiment.runs"
"""Ids of the runs that this person queued last."""


def draw_seed_experiment() -> None:
    """How long, on which images, and the button; afterwards the way to the runs and their report."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        told = "Of each model. In fewer the learning rate takes the same course, only faster."
        epochs = int(st.number_input("Epochs", 1, MAX_EPOCHS, SEED_EPOCHS, key="seed-epochs", width=110, help=told))
        dataset = st.selectbox(
            "On",
            available_datasets(),
            format_func=lambda name: dataset_info(name).title,
            key="seed-dataset",
            width=180,
        )
        if st.button("Train all three anew", icon=":material/replay:", key="seed-launch"):
            _launch(epochs, dataset)
    st.caption("By the document's own protocol: every image trains, and the test set is read after every epoch.")
    if dataset == "cifar10":
        st.caption("A report of the three, on the Runs page, sets what the document says beside what was measured.")
    else:
        st.caption(
            f"On {dataset_info(dataset).title} its models are only tried out: the document's figures are of CIFAR-10, "
            "and no report sets them beside these."
        )
    queued: tuple[str, ...] = st.session_state.get(_RUNS, ())
    if queued:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(":material/check: Queued, one after the other.", width="content")
            st.page_link("pages/training.py", label="Watch them", icon=":material/play_circle:")
            link = {"run": ",".join(queued), "runs-pane": "Report"}
            st.page_link("pages/runs.py", label="Compare and report", icon=":material/description:", query_params=link)


def _launch(epochs: int, dataset: str) -> None:
    try:
        store: RunStore = resources.run_store()
        launch = store.launch(seed_experiment(epochs, dataset), as_group=False)
        st.session_state[_RUNS] = tuple(run.id for run in launch.runs)
        resources.jobs().ring()
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
