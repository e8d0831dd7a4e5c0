from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from cifar_core.analysis.seeds import Seeds, explained_by_seeds
from cifar_core.runs import RunState, RunStore
from tests.analysis.stored import stored_run
from tests.tiny import tiny_config


def group(store: RunStore, accuracies: Sequence[float], label_smoothing: float = 0.0) -> Seeds:
    runs = [
        stored_run(store, tiny_config(seed=seed, label_smoothing=label_smoothing), [accuracy])
        for seed, accuracy in enumerate(accuracies)
    ]
    return Seeds.of(store, runs[0])


@pytest.mark.parametrize(
    ("ours", "theirs"), [((0.5, 0.6), (0.7, 0.74)), ((0.5, 0.55, 0.57), (0.7,)), ((0.5, 0.51, 0.52), (0.6, 0.64))]
)
def test_seeds_explain_what_student_s_t_test_finds_insignificant(
    store: RunStore, ours: Sequence[float], theirs: Sequence[float]
) -> None:
    groups = group(store, ours), group(store, theirs, label_smoothing=0.1)
    explained = explained_by_seeds(groups, math.sqrt(1 / len(ours) + 1 / len(theirs)))
    interval = stats.ttest_ind(ours, theirs).confidence_interval(0.95)
    assert explained == pytest.approx((interval.high - interval.low) / 2)


def test_of_equal_configurations_one_in_twenty_differs_beyond_it() -> None:
    """By 1.96 standard errors of so few seeds, one in five would."""
    draws = np.random.default_rng(0).normal(0.8, 0.02, (5000, 4))
    for split in (1, 2):
        exceeded = 0
        for row in draws.tolist():
            groups = Seeds((None,) * split, row[:split]), Seeds((None,) * (4 - split), row[split:])  # type: ignore[arg-type]
            explained = explained_by_seeds(groups, math.sqrt(1 / split + 1 / (4 - split)))
            exceeded += abs(groups[0].mean - groups[1].mean) > (explained or 0)
        assert exceeded / len(draws) == pytest.approx(0.05, abs=0.01)


def test_one_seed_each_explains_nothing(store: RunStore) -> None:
    assert explained_by_seeds((group(store, [0.5]), group(store, [0.6], label_smoothing=0.1)), 1.0) is None


def test_the_same_seed_twice_is_one_seed_and_the_newest_run_stands_for_it(store: RunStore) -> None:
    for accuracy in (0.5, 0.6):
        stored_run(store, tiny_config(seed=0), [accuracy])
    judged = stored_run(store, tiny_config(seed=1), [0.7])
    assert sorted(Seeds.of(store, judged).accuracies) == [0.6, 0.7]


def test_the_run_that_is_told_of_stands_for_its_seed(store: RunStore) -> None:
    first = stored_run(store, tiny_config(), [0.5])
    stored_run(store, tiny_config(), [0.6])
    store.delete([first.id])
    assert Seeds.of(store, first).accuracies == (0.5,)


def test_only_completed_runs_on_the_same_versions_count(store: RunStore) -> None:
    judged = stored_run(store, tiny_config(), [0.5])
    stored_run(store, tiny_config(seed=1), [0.6], state=RunState.STOPPED)
    stored_run(store, tiny_config(seed=2), [0.7])
    assert Seeds.of(store, judged).count == 2
    assert Seeds.of(store, replace(judged, environment={"torch": "2.15.0"})).count == 1
