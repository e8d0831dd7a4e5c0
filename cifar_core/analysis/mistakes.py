"""Which images a network gets wrong, worst first."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cifar_core.runs.run_files import Predictions

MistakeOrder = Literal["confidence", "loss", "margin"]

ORDER_TITLES: dict[MistakeOrder, str] = {
    "confidence": "Most confident first",
    "loss": "Highest loss first",
    "margin": "Narrowest margin first",
}


def rank_mistakes(
    predictions: Predictions,
    order: MistakeOrder = "confidence",
    true_class: int | None = None,
    predicted_class: int | None = None,
) -> NDArray[np.int64]:
    """Positions in `predictions` of the misclassified images, worst first.

    Args:
        predictions: of a set.
        order: by the wrong answer's probability, by cross-entropy, or by the gap between wrong and right answer.
        true_class: only images of this class.
        predicted_class: only images predicted to be of this class.
    """
    predicted = predictions.predicted
    chosen = select_cell(predictions, true_class, predicted_class)
    wrong = chosen[predicted[chosen] != predictions.targets[chosen]]
    of_answer = predictions.probabilities[wrong, predicted[wrong]]
    of_truth = predictions.probabilities[wrong, predictions.targets[wrong]]
    keys = {"confidence": -of_answer, "loss": of_truth, "margin": of_answer - of_truth}
    ranked: NDArray[np.int64] = wrong[np.argsort(keys[order], kind="stable")]
    return ranked


def select_cell(
    predictions: Predictions, true_class: int | None = None, predicted_class: int | None = None
) -> NDArray[np.int64]:
    """Positions in `predictions` of the images of one cell, row or column of the confusion matrix."""
    chosen = np.ones(len(predictions.targets), dtype=bool)
    if true_class is not None:
        chosen &= predictions.targets == true_class
    if predicted_class is not None:
        chosen &= predictions.predicted == predicted_class
    return np.flatnonzero(chosen)
