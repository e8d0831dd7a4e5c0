"""The matrix: counts and shares of the stored predictions, of either set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix as scikit_matrix

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.runs import Run
from tests.pages.helpers import open_page, says, shown, stored_predictions
from tests.pages.mistakes.reading import cells, counts


def test_the_matrix_counts_the_stored_predictions(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    predictions = stored_predictions(run)
    session = open_page("mistakes")
    expected = confusion_matrix(predictions.targets, predictions.predicted, 10)
    assert counts(session) == expected.tolist()
    right = f"**{100 * predictions.accuracy:.1f} %** of {len(predictions.targets):,} validation images are right"
    assert says(session, right)


@pytest.mark.parametrize(("mode", "axis"), [("by row", "true"), ("by column", "pred")])
def test_shares_of_a_row_or_column_take_the_place_of_counts(
    mode: str, axis: Literal["true", "pred"], trained: Callable[[str], Run]
) -> None:
    predictions = stored_predictions(trained("completed"))
    session = open_page("mistakes")
    shown(session.segmented_control("matrix-mode").set_value(mode).run())
    oracle = scikit_matrix(predictions.targets, predictions.predicted, labels=range(10), normalize=axis)
    assert cells(session) == [f"{100 * share:.0f} %" if share else "" for share in oracle.ravel()]


def test_the_test_images_are_another_matrix(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes")
    shown(session.segmented_control("split").set_value("test").run())
    predictions = stored_predictions(run, "test")
    assert says(session, f"of {len(predictions.targets):,} test images are right")
    assert np.sum(counts(session)) == len(predictions.targets)


def test_under_the_seeds_protocol_there_are_only_test_images(trained: Callable[[str], Run]) -> None:
    session = open_page("mistakes", run=trained("seed").id)
    assert says(session, "the seed's protocol holds no validation images out")
    assert "split" not in {control.key for control in session.segmented_control}
    assert says(session, "test images are right")
