"""A second run beside the first: where only one of them is right."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from cifar_core.analysis.pairs import NOTHING_APART, PairComparison, compare_predictions, positions_in
from cifar_core.analysis.settings_diff import held_out
from cifar_core.data import dataset_info
from cifar_core.errors import LabError
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles
from cifar_core.ui import resources
from cifar_core.ui.empty import empty_state
from cifar_core.ui.figures.class_differences import class_difference_figure
from cifar_core.ui.mistakes.choosing import SEARCHED_RUNS
from cifar_core.ui.mistakes.image_pages import draw_image_pages
from cifar_core.ui.mistakes.linked import choose_run, follow_link
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.panes import two_panes
from cifar_core.words import counted, percent, plain

Group = Literal["only A", "only B", "neither"]

_TITLES: dict[Group, str] = {"only A": "A right, B wrong", "only B": "B right, A wrong", "neither": "Both wrong"}


def draw_pair(subject: Subject) -> None:
    """The run as A, a second one as B: accuracies, McNemar's test, recall by class, and the images they differ on."""
    other = _choose_second(subject)
    if other is None:
        return
    try:
        second = resources.predictions(subject.store, other, subject.split)
        if second is None or second.epoch != other.chosen_epoch:
            sentence = "Run B has no predictions by its present weights: open it as the run above to compute them."
            st.warning(sentence, icon=":material/warning:")
            return
        comparison = compare_predictions(subject.predictions, second, subject.info.class_names)
    except LabError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    figures, images = two_panes()
    with figures:
        _draw_accuracies(subject.run, other, comparison)
        st.markdown(mcnemar_sentence(comparison))
        st.caption(
            "The test is about these two sets of weights on these images. How much a network varies with the seed of "
            "its training is beyond it (Dietterich 1998): to compare two recipes, train several seeds of each."
        )
        st.plotly_chart(
            class_difference_figure(comparison.classes, "A", "B"),
            key="class-differences",
            config={"displayModeBar": False},
            alt="Recall of A less that of B, class by class",
        )
    with images:
        _draw_images(subject, other, second, comparison)


def mcnemar_sentence(comparison: PairComparison) -> str:
    """What the test says, in words."""
    differing = comparison.only_first + comparison.only_second
    if not differing:
        return NOTHING_APART
    p = comparison.p_value
    told = "less than 0.001" if p < 0.001 else f"{p:.3f}"
    meaning = (
        f"the difference is **more than chance**: **{'A' if comparison.only_first > comparison.only_second else 'B'}** "
        "is better on images like these."
        if comparison.is_significant
        else "the difference is **within chance**: these images do not tell which one is better."
    )
    return (
        f"On {counted(differing, 'image')} only one of them is right: A on {comparison.only_first:,}, B on "
        f"{comparison.only_second:,}. Were both equally good, chance would split them at least so unevenly with a "
        f"probability of **{told}** (exact McNemar test, p-value): {meaning}"
    )


def _choose_second(subject: Subject) -> Run | None:
    """A select box over the other runs of the data set with predictions for the same set, kept in `?with=`."""
    runs = [run for run in subject.store.list_runs(limit=SEARCHED_RUNS) if _refusal(subject, run) is None]
    key = f"with-{subject.scope}"
    runs += follow_link(subject.store, runs, "with", key, lambda run: _refusal(subject, run))
    if not runs:
        empty_state(
            f"No other run of {subject.info.title} has predictions for the {subject.split} images. Train a second one, "
            "with another seed or another network, and compare.",
            "pages/training.py",
            "Go to Training",
            ":material/play_circle:",
        )
        return None
    # Rather one that predicted the same images; the newest of them.
    same = _predicted(subject.run, subject.split)
    first = next((run for run in runs if _predicted(run, subject.split) == same), runs[0])
    titles = {run.id: f"{run.name}, {run.state} ({run.id})" for run in runs}
    help = "Another run of the same data set with predictions for the same images; the run chosen above is A."
    chosen = choose_run("Run B", titles, first.id, "with", key, help)
    return next(run for run in runs if run.id == chosen)


def _refusal(subject: Subject, run: Run) -> str | None:
    """What speaks against a run as B."""
    if run.id == subject.run.id:
        return "is A"
    if run.config.dataset != subject.run.config.dataset:
        return f"is of another data set, {dataset_info(run.config.dataset).title}"
    if not run.state.is_over:
        return f"is {run.state}"
    if not RunFiles(subject.store.run_folder(run.id)).predictions_path(subject.split).is_file():
        return f"has no predictions for the {subject.split} images"
    return None


def _predicted(run: Run, split: EvaluationSplit) -> object:
    """What says which images of the data set a run's predictions are about."""
    training = run.config.training
    return training.limit_test if split == "test" else (held_out(run), training.limit_test)


def _draw_accuracies(first: Run, second: Run, comparison: PairComparison) -> None:
    columns = st.columns(2)
    accuracies = (comparison.accuracy_first, comparison.accuracy_second)
    for column, letter, run, accuracy in zip(columns, "AB", (first, second), accuracies, strict=True):
        with column:
            st.metric(f"{letter}, {ACCURACY_LABELS[run.config.training.protocol]}", percent(accuracy))
            st.caption(f"{plain(run.name)} ({run.id})")


def _draw_images(subject: Subject, other: Run, second: Predictions, comparison: PairComparison) -> None:
    positions = {
        "only A": comparison.only_first_positions,
        "only B": comparison.only_second_positions,
        "neither": comparison.both_wrong_positions,
    }
    groups: tuple[Group, ...] = ("only A", "only B", "neither")
    group = st.segmented_control(
        "Show",
        groups,
        default="only A",
        format_func=lambda group: f"{_TITLES[group]} ({len(positions[group]):,})",
        required=True,
        key="pair-images",
        persist_state="session",
    )
    if not len(positions[group or "only A"]):
        st.info("There is no such image.", icon=":material/info:")
        return
    st.caption("Under each image its class, then what each run said and how sure it was.")
    there, names = positions_in(subject.predictions, second), subject.info.class_names
    shown = positions[group or "only A"]

    def caption(place: int) -> str:
        at = int(shown[place])
        lines = [names[subject.predictions.targets[at]]]
        for letter, predictions, position in (("A", subject.predictions, at), ("B", second, int(there[at]))):
            row = predictions.probabilities[position]
            lines.append(f"{letter}: {names[row.argmax()]}, {percent(float(row.max()))}")
        return "\n".join(lines)

    draw_image_pages(subject, shown, f"{group}-{other.id}-{subject.scope}", caption)
