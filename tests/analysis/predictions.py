from __future__ import annotations

import numpy as np

from cifar_core.runs import Predictions


def random_predictions(count: int = 300, seed: int = 0, classes: int = 10, decimals: int = 2) -> Predictions:
    """Probabilities on a coarse grid, so that many of them are equal."""
    generator = np.random.default_rng(seed)
    raw = generator.random((count, classes)).round(decimals) + 0.01
    return Predictions(
        index=np.arange(count),
        targets=generator.integers(0, classes, count),
        probabilities=(raw / raw.sum(axis=1, keepdims=True)).astype(np.float32),
        epoch=1,
    )


def perfect_predictions(count: int = 50) -> Predictions:
    predictions = random_predictions(count)
    return Predictions(predictions.index, predictions.predicted, predictions.probabilities, epoch=1)
