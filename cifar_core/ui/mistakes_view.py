"""Parts of the Mistakes page."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.analysis.confusion import class_figures, confusion_matrix
from cifar_core.analysis.mistakes import ORDER_TITLES, MistakeOrder, rank_mistakes, select_cell
from cifar_core.data import DatasetInfo, dataset_info
from cifar_core.errors import DataError
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit, evaluation_split
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.ui import resources
from cifar_core.ui.colors import TEXT_ON
from cifar_core.ui.figures.confusion import confusion_figure
from cifar_core.ui.sprites import framed
from cifar_core.words import percent

IMAGES_A_PAGE = 60
SHOWN_WIDTH = 76
"""Screen pixels of an image in the gallery."""
SEARCHED_RUNS = 200
ANY = "any class"
_LINKED = "linked-run"


def choose_run(store: RunStore) -> Run | None:
    """A select box over the runs that have weights to predict with, kept in the URL; None if there are none."""
    runs = [run for run in store.list_runs(limit=SEARCHED_RUNS) if run.epochs_done and run.state.is_over]
    if not runs:
        return None
    titles = {run.id: f"{run.name}, {run.config.dataset}, {run.state} ({run.id})" for run in runs}
    _follow_link(titles)
    first = next((at for at, run in enumerate(runs) if _has_predictions(store, run)), 0)
    chosen = st.selectbox("Run", list(titles), first, titles.__getitem__, key="run", persist_state="session")
    st.query_params["run"] = st.session_state[_LINKED] = chosen
    return next(run for run in runs if run.id == chosen)


def _has_predictions(store: RunStore, run: Run) -> bool:
    split = evaluation_split(run.config.training.protocol)
    return RunFiles(store.run_folder(run.id)).predictions_path(split).is_file()


def _follow_link(titles: dict[str, str]) -> None:
    """A link names a run by its id: a select box bound to the URL would know it by its whole title only."""
    linked = st.query_params.get("run")
    if not linked or linked == st.session_state.get(_LINKED):
        return
    if linked in titles:
        st.session_state["run"] = linked
    else:
        sentence = f"There is no run {linked} with a finished epoch here: another one is shown."
        st.warning(sentence, icon=":material/link_off:")


def choose_split(run: Run) -> EvaluationSplit:
    """Validation first; under the seed's protocol there is only the test set."""
    if run.config.training.protocol == "seed":
        st.caption("Test images: the seed's protocol holds no validation images out.")
        return "test"
    splits: tuple[EvaluationSplit, ...] = ("validation", "test")
    return st.segmented_control(
        "Images",
        splits,
        default="validation",
        required=True,
        key="split",
        help="Look at the validation images while you still choose; at the test images when choosing is over.",
    )


def predictions_or_offer(store: RunStore, run: Run, split: EvaluationSplit) -> Predictions | None:
    """The stored predictions; where there are none, a sentence and the button that computes them.

    Raises:
        StoreError: the checkpoint or the predictions cannot be read.
        DataError: the data set is not at hand.
    """
    stored = RunFiles(store.run_folder(run.id)).load_predictions(split)
    if stored is not None:
        return stored
    why = "" if run.state == RunState.COMPLETED else " It ended before its evaluation."
    st.info(f"This run has no predictions for the {split} images.{why}", icon=":material/info:")
    if not st.button("Compute them now", type="primary", icon=":material/calculate:"):
        return None
    with st.spinner("Predicting …", show_time=True):
        from cifar_core.runs.evaluation import predict_split

        predict_split(store, run, split)
    st.rerun()  # the page as it is with predictions, without the offer
    return None  # never reached: the rerun leaves by an exception


def draw_summary(run: Run, split: EvaluationSplit, predictions: Predictions) -> None:
    """One line: how good, on what, of which epoch."""
    label = ACCURACY_LABELS[run.config.training.protocol]
    wrong = int((predictions.predicted != predictions.targets).sum())
    st.markdown(
        f"**{percent(predictions.accuracy)}** of {len(predictions.targets):,} {split} images are right, "
        f"{wrong:,} wrong :small[(weights of epoch {predictions.epoch}, {label})]"
    )


def choose_cell(predictions: Predictions, info: DatasetInfo) -> tuple[int | None, int | None]:
    """The matrix and two select boxes that choose the same cell; returns the (true, predicted) classes."""
    matrix = confusion_matrix(predictions.targets, predictions.predicted, len(info.class_names))
    as_shares = st.toggle("Share of each row instead of counts", key="shares")
    st.plotly_chart(
        confusion_figure(matrix, info.class_names, as_shares, TEXT_ON[st.context.theme.type or "light"]),
        key="matrix",
        on_select=_take_click,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Confusion matrix of {len(info.class_names)} classes; the select boxes below choose a cell by keyboard",
    )
    options = [ANY, *info.class_names]
    left, right = st.columns(2)
    true = left.selectbox("True class", options, key="true-class")
    predicted = right.selectbox("Predicted class", options, key="predicted-class")
    return (
        None if true == ANY else options.index(true) - 1,
        None if predicted == ANY else options.index(predicted) - 1,
    )


def _take_click() -> None:
    """A click on a cell sets both boxes; a click beside the cells sets them free."""
    points: list[dict[str, Any]] = st.session_state["matrix"]["selection"]["points"]
    names = st.session_state["matrix-classes"]
    true, predicted = points[0]["customdata"] if points else (None, None)
    st.session_state["true-class"] = ANY if true is None else names[true]
    st.session_state["predicted-class"] = ANY if predicted is None else names[predicted]


def draw_gallery(
    run: Run, split: EvaluationSplit, predictions: Predictions, true: int | None, predicted: int | None
) -> None:
    """The images of the chosen cell: the misclassified ones worst first, or all of a right cell."""
    info = dataset_info(run.config.dataset)
    is_right_cell = true is not None and true == predicted
    if is_right_cell:
        found = select_cell(predictions, true, predicted)
    else:
        order: MistakeOrder = st.selectbox(
            "Order", list(ORDER_TITLES), format_func=lambda order: ORDER_TITLES[order], key="order"
        )
        found = rank_mistakes(predictions, order, true, predicted)
    if not len(found):
        st.info("There is no such image: nothing in this cell.", icon=":material/info:")
        return
    pages = -(-len(found) // IMAGES_A_PAGE)
    number = st.number_input("Page", 1, pages, 1, width=140) if pages > 1 else 1
    shown = found[(int(number) - 1) * IMAGES_A_PAGE : int(number) * IMAGES_A_PAGE]
    what = "right answers" if is_right_cell else "mistakes"
    st.caption(f"{len(found):,} {what}; under each image its class, then what the network said and how sure it was.")
    try:
        dataset = resources.dataset(run.config.dataset)
    except DataError as error:
        st.warning(f"The images themselves are not here. {error}", icon=":material/image_not_supported:")
        return
    images = (dataset.train if split == "validation" else dataset.test).images
    answers = predictions.predicted
    captions = [
        f"{info.class_names[predictions.targets[at]]} → {info.class_names[answers[at]]} "
        f"{percent(float(predictions.probabilities[at, answers[at]]))}"
        for at in shown
    ]
    pictures = [framed(images[predictions.index[at]]) for at in shown]
    st.image(pictures, caption=captions, alt=captions, width=SHOWN_WIDTH)


def draw_classes(predictions: Predictions, info: DatasetInfo) -> None:
    """Precision, recall, F1 and number of images by class."""
    matrix = confusion_matrix(predictions.targets, predictions.predicted, len(info.class_names))
    figures = class_figures(matrix, info.class_names)
    table = pd.DataFrame(
        {
            "class": [f.name for f in figures],
            "precision": [100 * f.precision for f in figures],
            "recall": [100 * f.recall for f in figures],
            "F1": [100 * f.f1 for f in figures],
            "images": [f.support for f in figures],
        }
    )
    bar: dict[str, Any] = {"format": "%.1f %%", "min_value": 0.0, "max_value": 100.0, "width": 118}
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "precision": st.column_config.ProgressColumn(**bar, help="Right among those called so."),
            "recall": st.column_config.ProgressColumn(**bar, help="Right among those that are so."),
            "F1": st.column_config.ProgressColumn(**bar, help="Harmonic mean of the two."),
        },
    )


def remember_classes(info: DatasetInfo) -> None:
    """A click arrives before the page's body runs: it must find the names that it was made on."""
    st.session_state["matrix-classes"] = list(info.class_names)
