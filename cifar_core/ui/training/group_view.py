"""Runs that were launched together and differ in their seed alone."""

from __future__ import annotations

from statistics import mean, stdev

import pandas as pd
import streamlit as st

from cifar_core.runs import Run, RunStore
from cifar_core.words import percent


def draw_group(store: RunStore, run: Run) -> None:
    """Every seed's figures, and what they have in common; nothing for a run that stands alone."""
    if run.group_id is None:
        return
    runs = store.group(run.group_id)
    st.markdown(f"**{len(runs)} seeds launched together**" + _spread(runs))
    percents = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(
        pd.DataFrame([_row(each, each.id == run.id) for each in runs]),
        hide_index=True,
        key=f"group-{run.group_id}",
        placeholder="-",
        column_config={"best": percents, "test accuracy": percents},
    )


def _row(run: Run, is_shown: bool) -> dict[str, object]:
    return {
        "seed": run.config.training.seed,
        "run": run.id[-6:] + (" (shown)" if is_shown else ""),
        "state": str(run.state),
        "epochs": f"{run.epochs_done} / {run.config.training.epochs}",
        "best": None if run.best_accuracy is None else 100 * run.best_accuracy,
        "test accuracy": None if run.test_accuracy is None else 100 * run.test_accuracy,
    }


def _spread(runs: list[Run]) -> str:
    tested = [run.test_accuracy for run in runs if run.test_accuracy is not None]
    if len(tested) < 2:
        return ""
    return f": test accuracy {percent(mean(tested))} ± {100 * stdev(tested):.1f} (mean and deviation of {len(tested)})"
