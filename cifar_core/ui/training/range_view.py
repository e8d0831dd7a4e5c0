"""The learning-rate range test: which rates this network bears, as a curve and a suggestion."""

from __future__ import annotations

import streamlit as st

from cifar_core.runs import RunConfig, RunStore
from cifar_core.runs.trials import RangeResult, Trial
from cifar_core.ui import resources
from cifar_core.ui.figures.rates import range_figure
from cifar_core.ui.training.spec_widgets import change_training
from cifar_core.words import moment, plain

REFRESH_SECONDS = 1.0


def draw_range_test(store: RunStore, config: RunConfig) -> None:
    """The button, the test as it goes on, and what came of it."""
    trial = Trial("range", config)
    wanted = resources.jobs().trials.is_wanted(trial.key)
    st.fragment(_draw, run_every=REFRESH_SECONDS if wanted else None)(store, trial, wanted)


def _draw(store: RunStore, trial: Trial, was_wanted: bool) -> None:
    trials = resources.jobs().trials
    if was_wanted != trials.is_wanted(trial.key):
        st.rerun()  # the whole page draws once more, and the refresh begins or ends
    found, problem = store.trials.range(trial.config), trials.problem(trial.key)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Find a learning rate",
            icon=":material/search:",
            key="range-test",
            disabled=was_wanted,
            on_click=_ask,
            args=(trial,),
            help="A hundred batches whose rate only grows (Smith 2015): where the loss falls, the network learns; "
            "where it rises, the rate is too high.",
        )
        if was_wanted:
            st.button("Cancel", icon=":material/close:", key="cancel-range", on_click=_withdraw)
    if was_wanted and not trials.is_running(trial.key):
        st.caption("It begins when nothing else waits or trains.")
    if problem:
        st.warning(plain(problem), icon=":material/warning:")
    if was_wanted:
        so_far = store.trials.range_so_far(trial.config)
        if so_far is not None and so_far.rates:
            _draw_curve(so_far)
    elif found is not None:
        _draw_result(found[0], f"measured on {moment(found[1])} (UTC)")


def _draw_curve(result: RangeResult) -> None:
    st.plotly_chart(
        range_figure(result.rates, result.losses, result.suggested),
        key="range-curve",
        config={"displayModeBar": False},
        alt="Smoothed loss over a learning rate that grows from batch to batch",
    )


def _draw_result(result: RangeResult, when: str) -> None:
    if not result.rates:
        st.caption("The loss was no finite number from the first batch on: nothing can be suggested.")
        return
    _draw_curve(result)
    if result.suggested is None:
        st.caption("The loss does not fall anywhere: nothing can be suggested. Try another optimizer or network.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Suggested: **{result.suggested:.2g}**, a tenth of where the loss is lowest (fastai's rule); {when}.",
            width="stretch",
        )
        rate = float(f"{result.suggested:.2g}")
        change = {"optimizer.learning_rate": rate}
        if st.button("Use it", icon=":material/check:", key="use-rate", on_click=change_training, args=(change,)):
            st.rerun()  # a click here draws this part alone, and the form stands outside


def _ask(trial: Trial) -> None:
    resources.jobs().trials.ask(trial)


def _withdraw() -> None:
    resources.jobs().trials.withdraw("range")
