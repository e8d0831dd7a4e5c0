"""Figures of each class, and the pairs that are confused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from cifar_core.runs import Run
from tests.pages.helpers import says, stored_predictions
from tests.pages.mistakes.panes import open_pane, table


def test_class_figures_are_scikit_learn_s(run: Run) -> None:
    predictions = stored_predictions(run)
    session = open_pane("Classes", run)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        predictions.targets, predictions.predicted, labels=range(10), zero_division=0
    )
    by_class = table(session, "F1")
    for column, expected in (("precision", 100 * precision), ("recall", 100 * recall), ("F1", 100 * f1)):
        assert by_class[column].tolist() == pytest.approx(expected.tolist())
    assert by_class["images"].tolist() == support.tolist()
    best, worst = (
        " and ".join(f"**{name}**" for name in np.flatnonzero(f1 == end)) + f" ({100 * end:.1f} %)"
        for end in (f1.max(), f1.min())
    )
    assert says(session, f"best: {best}; worst: {worst}.")
    if (f1 == f1.min()).sum() == 1:
        last = f1.argmin()
        assert says(session, f"Of the {support[last]} images of {last} {100 * recall[last]:.1f} % are recognised")


def test_confused_pairs_are_counted_both_ways(run: Run) -> None:
    predictions = stored_predictions(run)
    pairs = table(open_pane("Classes", run), "mistakes")
    matrix = metrics.confusion_matrix(predictions.targets, predictions.predicted, labels=range(10))
    for row in pairs.to_dict("records"):
        first, second = (int(name) for name in row["classes"].split(" and "))
        assert (row["first as second"], row["second as first"]) == (matrix[first, second], matrix[second, first])
    both = matrix + matrix.T
    np.fill_diagonal(both, 0)
    assert pairs["mistakes"].max() == both.max()
