"""What the trials of a sweep show together: accuracy against size, and which parameters made the difference."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture.rules import RuleLimits
from cifar_core.runs import RunStore
from cifar_core.sweeps.results import SweepResults, SweepTrial, sweep_results
from cifar_core.sweeps.study_trial import TrialState
from cifar_core.ui.field_titles import parameter_title
from cifar_core.ui.figures.pareto import ParetoPoint, importance_figure, pareto_figure
from cifar_core.ui.panes import LEFT_WIDTH
from cifar_core.words import counted, percent


def draw_plots(store: RunStore, results: SweepResults) -> None:
    """Side by side where there is room; nothing before a trial was trained to its end."""
    points = [trial for trial in results.trials if trial.accuracy is not None]
    if not points:
        return
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        _draw_front(results, points)
    with row.container(width=LEFT_WIDTH):
        _draw_importances(store, results)


def values_in_words(results: SweepResults, trial: SweepTrial) -> dict[str, str]:
    """The values of a trial as pages show them, by the titles of the parameters."""
    base = results.spec.base
    return {parameter_title(name, base): value for name, value in trial.trial.words.items()}


def values_in_a_line(results: SweepResults, trial: SweepTrial) -> str:
    """The same in one line: "Learning rate 0.1, Momentum 0.9"."""
    return ", ".join(f"{title} {value}" for title, value in values_in_words(results, trial).items())


def _draw_front(results: SweepResults, points: list[SweepTrial]) -> None:
    front = {trial.trial.number for trial in results.front}
    dots = [
        ParetoPoint(
            point.num_params or 0,
            point.accuracy or 0.0,
            "<br>".join(
                [
                    f"trial {point.trial.number + 1}: {percent(point.accuracy)}, {point.num_params:,} parameters",
                    *(f"{title} {value}" for title, value in values_in_words(results, point).items()),
                ]
            ),
            point.trial.number in front,
        )
        for point in points
    ]
    st.markdown("**Accuracy against parameters**")
    st.plotly_chart(
        pareto_figure(dots, RuleLimits().params_below),
        key="pareto",
        config={"displayModeBar": False},
        alt=f"Validation accuracy of {counted(len(dots), 'trial')} against their parameters; on the Pareto front are "
        + "; ".join(f"{trial.num_params:,} parameters with {percent(trial.accuracy)}" for trial in results.front),
    )
    pruned = results.count(TrialState.PRUNED)
    left_out = f" {counted(pruned, 'trial')} ended early: not shown, for want of their last epochs." if pruned else ""
    st.caption(f"On the Pareto front is a trial that no other one beats with as few parameters.{left_out}")


def _draw_importances(store: RunStore, results: SweepResults) -> None:
    st.markdown("**What made the difference**")
    if len(results.spec.parameters) < 2:
        st.caption("One parameter varies: it alone makes the differences, beside chance.")
        return
    importances = _importances(results.sweep.id, results.count(TrialState.COMPLETED), store)
    if not importances:
        st.caption("It can be told once four trials are completed and their accuracies differ.")
        return
    by_title = {parameter_title(name, results.spec.base): share for name, share in importances.items()}
    st.plotly_chart(
        importance_figure(by_title),
        key="importances",
        config={"displayModeBar": False},
        alt="Share of the differences in accuracy: "
        + ", ".join(f"{title} {percent(share)}" for title, share in by_title.items()),
    )
    st.caption(
        "The share of the differences in accuracy among the completed trials that each parameter explains (fANOVA, "
        "Hutter 2014). Of few trials it is a guess."
    )


# They take a second where there are hundreds of trials, and change with each completed one alone.
@st.cache_data(max_entries=32, show_spinner=False)
def _importances(sweep_id: str, completed: int, _store: RunStore) -> dict[str, float]:
    return sweep_results(_store, sweep_id).importances
