"""The table of runs, and the curves of those chosen in it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cifar_core.analysis.reference import seed_reference
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs import Run, RunStore
from cifar_core.ui.figures.curves import Curve, curves_figure
from cifar_core.words import duration, moment, plain

ROWS_A_PAGE = 50


def choose_runs(store: RunStore, total: int) -> list[Run]:
    """The table, fifty rows a page; returns the runs chosen in it, or the newest with a curve where none is chosen."""
    pages = -(-total // ROWS_A_PAGE)
    number = st.number_input("Page of the table", 1, pages, 1, width=160) if pages > 1 else 1
    runs = store.list_runs(limit=ROWS_A_PAGE, offset=(int(number) - 1) * ROWS_A_PAGE)
    percent_column = st.column_config.NumberColumn(format="%.1f %%")
    event = st.dataframe(
        pd.DataFrame([_row(run) for run in runs]),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Ticks are row numbers: they end where a new run or another page moves the rows.
        key=f"runs-table-{runs[0].id}",
        placeholder="-",
        column_config={
            "best": st.column_config.NumberColumn(
                "best accuracy", format="%.1f %%", help="On the set that the protocol evaluates every epoch."
            ),
            "test accuracy": percent_column,
            "training, clean": percent_column,
            "parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    chosen = [runs[at] for at in event["selection"]["rows"] if at < len(runs)]
    return chosen or [run for run in runs if run.epochs_done][:1]


def _row(run: Run) -> dict[str, object]:
    protocol = run.config.training.protocol
    return {
        "name": run.name,
        "run": run.id[-6:],
        "state": str(run.state),
        "data": run.config.dataset,
        "parameters": run.num_params,
        "field": run.receptive_field,
        "epochs": f"{run.epochs_done} / {run.config.training.epochs}",
        "best": _percent(run.best_accuracy),
        "on": "test (test-chosen)" if protocol == "seed" else "validation",
        "at epoch": run.best_epoch,
        "test accuracy": _percent(run.test_accuracy),
        "of": ACCURACY_LABELS[protocol] if run.test_accuracy is not None else "",
        "training, clean": _percent(run.clean_train_accuracy),
        "augmentation": run.config.augmentation.name,
        "recipe": run.config.training.recipe,
        "seed": run.config.training.seed,
        "time": duration(run.seconds),
        "started (UTC)": moment(run.started_at),
        "device": run.device or "",
        "id": run.id,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def draw_curves(store: RunStore, runs: list[Run], with_reference: bool) -> None:
    """Accuracy and loss of some runs over each other."""
    curves = []
    for run in runs:
        metrics = store.epochs(run.id)
        if not metrics:
            st.caption(f"{plain(run.name)} ({run.id[-6:]}) has no finished epoch, and so no curve.")
        else:
            curves.append(Curve.of(f"{run.name} ({run.id[-6:]})", metrics))
    if with_reference:
        curves.append(_reference_curve())
    if not curves:
        st.info("None of these runs has finished an epoch yet: there is no curve to show.", icon=":material/info:")
        return
    names = ", ".join(curve.title for curve in curves)
    st.plotly_chart(curves_figure(curves), key="runs-curves", alt=f"Accuracy and loss by epoch of {names}")


def _reference_curve() -> Curve:
    epochs = seed_reference()
    return Curve(
        title="seed document",
        split="test",
        epochs=[e.epoch for e in epochs],
        train_accuracy=[e.train_accuracy for e in epochs],
        eval_accuracy=[e.test_accuracy for e in epochs],
        eval_loss=[e.test_loss for e in epochs],
        reference=True,
    )
