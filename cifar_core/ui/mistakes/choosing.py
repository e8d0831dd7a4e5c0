"""Which run, which of its images, and what it said of them."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import available_datasets, dataset_info, dataset_status
from cifar_core.errors import StoreError
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit, predicted_splits
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.ui import resources
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.empty import no_runs_yet
from cifar_core.ui.mistakes.linked import choose_run, follow_link
from cifar_core.ui.mistakes.missing import tell_no_weights
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.origin import origin_mark, origin_sentence
from cifar_core.words import percent

SEARCHED_RUNS = 200
"""Of the newest runs; a link opens an older one too."""
_KEY = "mistakes-run"


def choose_subject(store: RunStore) -> Subject | None:
    """A run and a set, chosen, with its summary line; None where there is nothing to show yet, which is then said.

    Raises:
        StoreError: the predictions, or the weights that should make them, cannot be read.
        DataError: predictions are wanted and the data set is not at hand.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        run = _choose_run(store)
    if run is None:
        no_runs_yet()
        return None
    with row:
        split = _choose_split(run)
    predictions = _predictions_or_offer(store, run, split)
    if predictions is None:
        return None
    _draw_summary(run, split, predictions)
    return Subject(store, run, split, predictions, dataset_info(run.config.dataset))


def _choose_run(store: RunStore) -> Run | None:
    """A select box over the runs that have weights to predict with, kept in the URL; None if there are none."""
    runs = [run for run in store.list_runs(limit=SEARCHED_RUNS) if run.has_weights]
    runs += follow_link(store, runs, "run", _KEY, _refusal)
    if not runs:
        return None
    titles = {run.id: f"{run.name}, {run.config.dataset}, {run.state}{origin_mark(run)} ({run.id})" for run in runs}
    at_hand = available_datasets()
    # Rather one whose images can be shown; the newest of them.
    first = max(
        range(len(runs)),
        key=lambda at: (_has_predictions(store, runs[at]), runs[at].config.dataset in at_hand, -at),
    )
    chosen = choose_run("Run", titles, runs[first].id, "run", _KEY)
    return next(run for run in runs if run.id == chosen)


def _has_predictions(store: RunStore, run: Run) -> bool:
    split, *_ = predicted_splits(run.config.training.protocol)
    return RunFiles(store.run_folder(run.id)).predictions_path(split).is_file()


def _refusal(run: Run) -> str | None:
    if run.has_weights:
        return None
    return "has no finished epoch" if run.state.is_over else f"is {run.state}"


def _choose_split(run: Run) -> EvaluationSplit:
    """Validation first; where a run trains on all images there is only the test set."""
    protocol = run.config.training.protocol
    splits = predicted_splits(protocol)
    if len(splits) == 1:
        whose = "the seed's protocol" if protocol == "seed" else "a refit"
        st.caption(f"{splits[0].capitalize()} images: {whose} holds no validation images out.")
        return splits[0]
    return st.segmented_control(
        "Images",
        splits,
        default="validation",
        format_func=str.capitalize,
        required=True,
        key="split",
        bind="query-params",
        help="Look at the validation images while you still choose; at the test images when choosing is over.",
    )


def _predictions_or_offer(store: RunStore, run: Run, split: EvaluationSplit) -> Predictions | None:
    """The stored predictions; where there are none, a sentence and the button that computes them."""
    stored = resources.predictions(store, run, split)
    if stored is not None and stored.epoch == run.chosen_epoch:
        return stored
    why = "" if run.state == RunState.COMPLETED else " It ended before its evaluation."
    if stored is not None:
        why = f" Those that are stored are of epoch {stored.epoch}, from before it went on."
    st.info(f"This run has no predictions for the {split} images.{why}", icon=":material/info:")
    if run.config.dataset == "cifar10" and not dataset_status("cifar10").available:
        offer_cifar10("they cannot be computed without it", "the predictions can be computed")
        return None
    if not st.button("Compute them now", type="primary", icon=":material/calculate:"):
        return None
    try:
        network = resources.trained_network(store, run)
    except StoreError as error:
        tell_no_weights(run, error)
        return None
    with st.spinner("Predicting …", show_time=True):
        from cifar_core.runs.evaluation import stored_or_new_predictions

        stored_or_new_predictions(store, run, split, network)
    st.rerun()  # the page as it is with predictions, without the offer
    return None  # never reached: the rerun leaves by an exception


def _draw_summary(run: Run, split: EvaluationSplit, predictions: Predictions) -> None:
    """One line: how good, on what, of which epoch."""
    label = ACCURACY_LABELS[run.config.training.protocol]
    wrong = int((predictions.predicted != predictions.targets).sum())
    st.markdown(
        f"**{percent(predictions.accuracy)}** of {len(predictions.targets):,} {split} images are right, "
        f"{wrong:,} wrong :small[(weights of epoch {predictions.epoch}, {label})]"
    )
    if sentence := origin_sentence(run):
        st.caption(sentence)
