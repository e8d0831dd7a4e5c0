"""The table of runs: one row a run, with what its figures mean beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cifar_core.protocol import ACCURACY_LABELS, Protocol
from cifar_core.runs import League, Run, RunFilter, RunOrder, RunOrigin, RunState, RunStore
from cifar_core.runs.finding import ID_ENDING
from cifar_core.words import counted, duration, moment

BEST_WORDS: dict[Protocol, str] = {"validation": "on validation", "refit": "", "seed": "test-chosen"}
"""What a run's best accuracy is, in the room of a cell."""
SHOWN_NOTE = 200
"""Characters of a note in its cell."""
RANKINGS = (RunOrder.BEST_ACCURACY, RunOrder.TEST_ACCURACY)

_numbers, _texts = st.column_config.NumberColumn, st.column_config.TextColumn
ACCURACY_FORMAT = "%.1f %%"
COLUMNS: dict[str, Any] = {
    "name": _texts(width=190, pinned=True),
    "id": _texts(width=62, pinned=True, help="Its last six characters: names repeat."),
    "data": _texts(width=62),
    "rank": _numbers(width=50, help="Within its group, among the runs that pass the filter."),
    "ranked among": _texts(width=225, help="Accuracies of another data set, protocol or number of images mean others."),
    "state": _texts(width=84, help="Or where a run comes from that was not trained here."),
    "best": _numbers(width=66, format=ACCURACY_FORMAT, help="Of the set that is evaluated after every epoch."),
    "epoch": _numbers(width=54, help="Of the best accuracy."),
    "best is": _texts(width=96, help="On validation images, or chosen on the test set itself."),
    "test": _numbers(width=66, format=ACCURACY_FORMAT, help="Test accuracy."),
    "test is": _texts(width=118, help="How the epoch of the test accuracy was chosen."),
    "curve": st.column_config.LineChartColumn(
        width=80, y_min=0, y_max=1, help="Accuracy of the evaluated set by epoch, from 0 to 100 %."
    ),
    "parameters": _numbers(width=84, format="localized"),
    "field": _numbers(width=50, help="Receptive field before the pooling, px."),
    "rules": st.column_config.CheckboxColumn(
        "network", width=60, help="The network passes every required rule; the pane Rules judges the run as well."
    ),
    "tags": st.column_config.ListColumn(width=90),
    "seed": _numbers(width=52),
    "epochs": _texts(width=70),
    "images": _numbers(width=70, format="localized", help="Trained on."),
    "time": _texts(width=80),
    "augmentation": _texts(width=110),
    "recipe": _texts(width=90),
    "size": _numbers(width=80, format="bytes", help="Of its files."),
    "started (UTC)": _texts(width=130),
    "deleted (UTC)": _texts(width=130),
    "device": _texts(width=160),
    "note": _texts(width=160),
}
"""Widths in screen pixels. What a run is judged by stands first: a window of 1440 shows it without scrolling."""


def run_rows(
    store: RunStore, runs: Sequence[Run], order: RunOrder = RunOrder.NEWEST, wanted: RunFilter | None = None
) -> dict[str, dict[str, object]]:
    """A row for each run, by its id.

    Args:
        store: where they are.
        runs: in the order of the rows.
        order: that they are sorted by.
        wanted: the filter that they passed, and so whom they are ranked among.
    """
    ids = [run.id for run in runs]
    curves = store.small_curves(ids)
    sizes = _sizes(store, runs)
    ranks = store.ranks(ids, order, wanted) if order in RANKINGS else None
    return {
        run.id: {
            "name": run.name,
            "id": run.id[-ID_ENDING:],
            **_place(run, ranks),
            **_figures(run, curves),
            "augmentation": run.config.augmentation.name,
            "recipe": run.config.training.recipe,
            "size": sizes.get(run.id),
            "started (UTC)": moment(run.started_at),
            **({} if run.deleted_at is None else {"deleted (UTC)": moment(run.deleted_at)}),
            "device": run.device or "",
            "note": run.note[:SHOWN_NOTE],
        }
        for run in runs
    }


def _place(run: Run, ranks: Mapping[str, int] | None) -> dict[str, object]:
    """The data set, or the place in a ranking and the whole of what that is among."""
    if ranks is None:
        return {"data": run.config.dataset}
    return {"rank": ranks.get(run.id), "ranked among": league_title(run.league)}


def _figures(run: Run, curves: Mapping[str, list[float]]) -> dict[str, object]:
    protocol = run.config.training.protocol
    return {
        "state": _state(run),
        "best": as_percent(run.best_accuracy),
        "epoch": run.best_epoch,
        "best is": "" if run.best_accuracy is None else BEST_WORDS[protocol],
        "test": as_percent(run.test_accuracy),
        "test is": "" if run.test_accuracy is None else ACCURACY_LABELS[protocol],
        "curve": curves.get(run.id, []),
        "parameters": run.num_params,
        "field": run.receptive_field,
        "rules": run.meets_rules,
        "tags": list(run.tags),
        "seed": run.config.training.seed,
        "epochs": f"{run.epochs_done} / {run.config.training.epochs}",
        "images": run.train_images,
        "time": duration(run.spent_seconds or None),
    }


def _state(run: Run) -> str:
    """How the run ended or where it is; first of all where it comes from, if it was not trained here."""
    if run.origin == RunOrigin.TRAINED:
        return str(run.state)
    return str(run.origin) if run.state == RunState.COMPLETED else f"{run.origin}, {run.state}"


def _sizes(store: RunStore, runs: Sequence[Run]) -> dict[str, int]:
    """Bytes of their files, by run id; what is over and was never measured is measured now."""
    known = {run.id: run.size_bytes for run in runs if run.size_bytes is not None}
    unknown = [run.id for run in runs if run.size_bytes is None and run.state.is_over]
    return known | (store.measure_sizes(unknown) if unknown else {})


def league_title(league: League) -> str:
    """What accuracies may be ranked among, in words."""
    return f"{league.dataset}, {league.protocol}, {counted(league.train_images, 'image')}"


def as_percent(share: float | None) -> float | None:
    """0.854 as 85.4, for a column of `ACCURACY_FORMAT`."""
    return None if share is None else 100 * share
