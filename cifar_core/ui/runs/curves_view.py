"""Learning curves of the chosen runs over each other, refreshed while one of them trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from cifar_core.analysis.curves import Curve, mean_curve, reference_curve, run_curve, run_title
from cifar_core.analysis.sentences import gap_of
from cifar_core.analysis.smoothing import MAX_WEIGHT
from cifar_core.errors import LabError
from cifar_core.protocol import BEST_LABELS, SPLIT_WORDS, evaluation_split
from cifar_core.runs import Run, RunFilter, RunState, RunStore
from cifar_core.runs.finding import ID_ENDING
from cifar_core.ui.figures.curves import curves_figure
from cifar_core.ui.live_chart import REFRESH_SECONDS, draw_live
from cifar_core.words import plain

MAX_SEEDS = 50
"""Runs of one configuration that make a band: the newest."""


COMPARED_EPOCHS = 10
"""From so many on the seed document's 50 epochs stand beside a run at first: a shorter one would be lost in them."""


def draw_curves(store: RunStore, runs: Sequence[Run], as_band: bool = False) -> None:
    """The curves with their controls, and the gap of each run beneath.

    Args:
        store: of the runs.
        runs: the chosen ones, in the order of their colours.
        as_band: whether the seeds of a configuration are one band at first.
    """
    busy = any(not run.state.is_over for run in runs)
    # What nobody trains does not change by itself.
    st.fragment(_draw, run_every=REFRESH_SECONDS if busy else None)(store, list(runs), busy, as_band)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the controls say."""

    by_time: bool
    smoothing: float
    with_trained: bool
    as_band: bool
    with_reference: bool


def _draw(store: RunStore, runs: list[Run], was_busy: bool, as_band: bool) -> None:
    busy = was_busy
    try:
        now = [run if run.state.is_over else store.get(run.id) for run in runs]
        busy = any(not run.state.is_over for run in now)
        choice = _choose(now, as_band)
        curves = _curves(store, now, choice)
        if curves:
            _draw_chart(curves, choice)
        if now:
            _draw_gaps(now)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    if was_busy != busy:
        st.rerun()  # the whole page draws once more, and the refresh ends


def _choose(runs: list[Run], as_band_first: bool) -> _Choice:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        across = st.segmented_control(
            "Across", ["Epochs", "Time"], default="Epochs", required=True, key="curves-across", persist_state="session"
        )
        smoothing = st.slider(
            "Smoothing",
            0.0,
            MAX_WEIGHT,
            0.0,
            0.01,
            key="curves-smoothing",
            persist_state="session",
            width=220,
            help="Share of a moving average that is kept from epoch to epoch, as in TensorBoard; the raw line stays, "
            "faint.",
        )
        with_trained = st.toggle(
            "Training, as trained",
            value=True,
            key="curves-trained",
            persist_state="session",
            help="Augmented images, dropout on, weights moving: it lies lower than on clean images.",
        )
        as_band = st.toggle(
            "Seeds as one band",
            value=as_band_first,
            key="curves-band" + ("-at-first" if as_band_first else ""),
            persist_state="session",
            help="All completed runs of a configuration, whatever their seed: their mean, and a band of one sample "
            "standard deviation on either side.",
        )
        with_reference = _choose_reference(runs)
    return _Choice(across == "Time", smoothing, with_trained, as_band, with_reference)


def _choose_reference(runs: list[Run]) -> bool:
    # Beside a run of few epochs it would take most of the chart.
    is_alike = any(run.config.dataset == "cifar10" and run.epochs_done >= COMPARED_EPOCHS for run in runs)
    return st.toggle(
        "Seed document",
        value=is_alike,
        # Its value at first depends on the runs: the two are two choices.
        key=f"curves-reference-{'alike' if is_alike else 'other'}",
        persist_state="session",
        help="The 50 epochs of its Model 3 on the test set, 85.4 % at the last one, over the learning rate that its "
        "dip tells of: a cosine with a half period of 50/3 epochs, inferred.",
    )


def _curves(store: RunStore, runs: list[Run], choice: _Choice) -> list[Curve]:
    banded = _families(store, runs) if choice.as_band else {}
    members = {run.id for family in banded.values() for run in family}
    alone = [run for run in runs if run.id not in members]
    epochs = store.epochs_of([*members, *(run.id for run in alone)])
    # A run that has yet to begin keeps its line: the chart must not become another one with its first epoch.
    empty = [run for run in alone if run.state.is_over and not epochs[run.id]]

    def of(run: Run) -> Curve:
        return run_curve(run_title(run), epochs[run.id], evaluation_split(run.config.training.protocol))

    # The title must stay while siblings are completed: the chosen run names its band, not the newest, nor their number.
    named = {family: next(run for run in runs if run.family == family) for family in banded}
    curves = [mean_curve(_band_title(named[family]), list(map(of, banded[family]))) for family in banded]
    curves += [of(run) for run in alone if run not in empty]
    if choice.as_band and not banded:
        st.caption("No chosen run has a completed sibling, of the same configuration and another seed, to make a band.")
    for run in empty:
        gone = "is no longer in the store" if run.epochs_done else "has no finished epoch, and so no curve"
        st.caption(f"{plain(run_title(run))} {gone}.")
    if choice.with_reference:
        curves.append(reference_curve())
    if not any(curve.epochs for curve in curves):
        st.info("None of these runs has finished an epoch yet: there is no curve to show.", icon=":material/info:")
        return []
    return curves


def _families(store: RunStore, runs: list[Run]) -> dict[str, list[Run]]:
    """The completed runs of the configurations that have several of them, by family."""
    found = {
        family: store.find_runs(RunFilter(family=family, states=(RunState.COMPLETED,)), limit=MAX_SEEDS)
        for family in dict.fromkeys(run.family for run in runs)
    }
    return {family: members for family, members in found.items() if len(members) > 1}


def _draw_chart(curves: list[Curve], choice: _Choice) -> None:
    figure = curves_figure(curves, choice.by_time, choice.smoothing, choice.with_trained)
    names = ", ".join(curve.title for curve in curves)
    draw_live(figure, "runs-curves", f"Accuracy, loss and learning rate of {names}")
    splits = sorted({curve.split for curve in curves})
    words = " or ".join(SPLIT_WORDS[split] for split in splits)
    told = f"Full lines: {words} images, as each run's protocol has it; a star marks the best epoch."
    if choice.with_trained:
        told += " Fine dots: training images, as trained (the loss with its label smoothing)."
    if bands := [f"{plain(curve.title)} n = {curve.runs}" for curve in curves if curve.spread]:
        told += f" Band: mean ± one sample standard deviation over n completed runs ({', '.join(bands)})."
    if choice.by_time and choice.with_reference:
        told += " The seed document's time is that of its own GPU, which it does not name, without evaluation."
    if len(splits) > 1:
        told += " These are different images: compare their accuracies with care."
    st.caption(f"{told} A click in the legend shows a line alone.")


def _draw_gaps(runs: list[Run]) -> None:
    """Clean training accuracy beside the accuracy of the same weights, run by run."""
    percents = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(
        pd.DataFrame(map(_gap_row, runs)),
        hide_index=True,
        key="curves-gaps",
        placeholder="-",
        column_config={
            "best": percents,
            "training, clean": percents,
            "same weights": st.column_config.NumberColumn(
                format="%.1f %%",
                help="On validation images of the best epoch where they choose it, else on test images of the last.",
            ),
            "gap": st.column_config.NumberColumn(
                "gap, points", format="%.1f", help="Between the two columns before: large where a network overfits."
            ),
        },
    )


def _gap_row(run: Run) -> dict[str, object]:
    protocol, gap = run.config.training.protocol, gap_of(run)
    return {
        "run": run_title(run),
        "best": None if run.best_accuracy is None else 100 * run.best_accuracy,
        "of": f"{evaluation_split(protocol)}, {BEST_LABELS[protocol]}" if run.best_epoch else "",
        "at epoch": run.best_epoch,
        "training, clean": None if gap is None else 100 * gap[0],
        "same weights": None if gap is None else 100 * gap[1],
        "gap": None if gap is None else 100 * (gap[0] - gap[1]),
    }


def _band_title(chosen: Run) -> str:
    # The id tells two configurations apart that are called the same.
    return f"{chosen.name} (all seeds, as {chosen.id[-ID_ENDING:]})"
