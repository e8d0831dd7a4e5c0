from __future__ import annotations

import pytest

from cifar_core.analysis.reference import seed_reference


def test_the_seed_s_log_has_its_fifty_epochs() -> None:
    log = seed_reference()
    assert [epoch.epoch for epoch in log] == list(range(1, 51))
    assert (log[0].test_accuracy, log[-1].test_accuracy) == pytest.approx((0.4784, 0.854))
    best = max(log, key=lambda epoch: epoch.test_accuracy)
    assert best.epoch == 48
    assert best.test_accuracy == pytest.approx(0.855)


def test_training_accuracy_lies_below_test_accuracy_throughout() -> None:
    assert all(0 < epoch.train_accuracy < epoch.test_accuracy < 1 for epoch in seed_reference())
