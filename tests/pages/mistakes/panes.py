"""Opens a pane of Mistakes on predictions that are worth looking at, and reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from cifar_core.data import load_dataset
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run
from tests.pages.helpers import files_of, open_page, stored_predictions


def improve(run: Run, split: EvaluationSplit, seed: int) -> Predictions:
    """Gives a run that has learnt next to nothing the answers of one that has: right in most images, torn in some."""
    predictions, generator = stored_predictions(run, split), np.random.default_rng(seed)
    count = len(predictions.targets)
    logits = generator.normal(size=(count, 10)) + generator.uniform(0, 5, (count, 1)) * np.eye(10)[predictions.targets]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    better = replace(predictions, probabilities=shares.astype(np.float32))
    files_of(run).save_predictions(split, better)
    return better


def open_pane(title: str, run: Run, split: EvaluationSplit = "validation", **query: str) -> AppTest:
    return open_page("mistakes", run=run.id, split=split.capitalize(), view=title, **query)


def table(session: AppTest, key: str) -> pd.DataFrame:
    (found,) = (frame.value for frame in session.dataframe if key in frame.value.columns)
    return found


def chart(session: AppTest) -> dict[str, Any]:
    (found,) = session.get("plotly_chart")
    spec: dict[str, Any] = json.loads(found.proto.spec)
    return spec


def bytes_of(predictions: Predictions, positions: np.ndarray, split: EvaluationSplit = "validation") -> list[bytes]:
    dataset = load_dataset("digits")
    images = (dataset.train if split == "validation" else dataset.test).images
    return [images[predictions.index[at]].tobytes() for at in positions]
