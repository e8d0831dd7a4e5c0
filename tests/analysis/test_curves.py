from __future__ import annotations

import numpy as np
import pytest

from cifar_core.analysis.curves import mean_curve, reference_curve, run_curve
from tests.tiny import some_metrics


def test_time_is_summed_up_over_epochs() -> None:
    curve = run_curve("run", [some_metrics(1, seconds=2.0), some_metrics(2, seconds=3.0)], "validation")
    assert curve.seconds == (2.0, 5.0)
    assert curve.images == 64


def test_the_first_of_equal_epochs_is_the_best() -> None:
    metrics = [some_metrics(epoch, eval_accuracy=value) for epoch, value in enumerate((0.2, 0.6, 0.6), start=1)]
    assert run_curve("run", metrics, "test").best == 1
    assert run_curve("run", [], "test").best is None


def test_a_mean_curve_is_the_mean_with_the_sample_s_deviation() -> None:
    series = np.array([[0.1, 0.4, 0.8], [0.3, 0.5, 0.6], [0.2, 0.9, 0.7]])
    runs = [
        run_curve("run", [some_metrics(at + 1, eval_accuracy=float(value)) for at, value in enumerate(values)], "test")
        for values in series
    ]
    curve = mean_curve("mean", runs)
    assert curve.accuracy == pytest.approx(series.mean(axis=0))
    assert curve.spread["eval_accuracy"] == pytest.approx(series.std(axis=0, ddof=1))


def test_a_mean_curve_covers_the_epochs_that_all_runs_have() -> None:
    long = run_curve("long", [some_metrics(epoch, eval_accuracy=epoch / 10) for epoch in (1, 2, 3)], "test")
    short = run_curve("short", [some_metrics(epoch, eval_accuracy=0.5) for epoch in (2, 3, 4)], "test")
    curve = mean_curve("mean", [long, short])
    assert curve.epochs == (2, 3)
    assert curve.accuracy == pytest.approx((0.35, 0.4))


def test_the_seed_s_rate_is_lowest_near_epoch_17_and_back_up_behind_it() -> None:
    curve = reference_curve()
    rates = dict(zip(curve.epochs, curve.values["learning_rate"], strict=True))
    assert min(range(1, 34), key=rates.__getitem__) == 17
    assert rates[31] > 0.9 * rates[1]
    assert rates[50] == pytest.approx(0, abs=1e-12)
    assert "train_loss" not in curve.values, "the seed prints that of the last batch alone"
