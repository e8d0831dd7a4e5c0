"""What is reported on the way through an epoch."""

from __future__ import annotations

import numpy as np
import pytest

from cifar_core.training import totals as totals_module
from tests.tiny import Recorder, tiny_training
from tests.training.looping import trained


def test_progress_is_reported_at_the_end_of_every_epoch() -> None:
    seen = Recorder()
    trained(tiny_training(epochs=3), observer=seen)
    ends = [progress for progress in seen.progress if progress.batch == progress.batches]
    assert [progress.epoch for progress in ends] == [1, 2, 3]
    assert all(progress.batches == 4 for progress in ends)
    assert [progress.accuracy for progress in ends] == [metrics.train_accuracy for metrics in seen.metrics]
    assert [progress.loss for progress in ends] == [metrics.last_batch_loss for metrics in seen.metrics]


def test_a_slow_epoch_reports_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 0.0)
    seen = Recorder()
    trained(tiny_training(epochs=1), observer=seen)
    assert sorted({progress.batch for progress in seen.progress}) == [1, 2, 3, 4]


def test_recent_figures_are_those_since_the_report_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 0.0)
    seen = Recorder()
    trained(tiny_training(epochs=1, batch_size=100), observer=seen)
    assert [progress.batch for progress in seen.progress] == [1, 2, 3]
    assert [p.recent_loss for p in seen.progress] == pytest.approx([p.loss for p in seen.progress], rel=1e-6)
    sizes = (100, 100, 56)
    right = [progress.recent_accuracy * size for progress, size in zip(seen.progress, sizes, strict=True)]
    done = (100, 200, 256)
    so_far = [progress.accuracy * count for progress, count in zip(seen.progress, done, strict=True)]
    assert np.cumsum(right) == pytest.approx(so_far)
    assert right == pytest.approx(np.round(right))


def test_an_epoch_read_once_has_recent_figures_of_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 1e9)
    seen = Recorder()
    trained(tiny_training(epochs=2), observer=seen)
    assert [progress.recent_loss for progress in seen.progress] == [metrics.train_loss for metrics in seen.metrics]
    assert [progress.recent_accuracy for progress in seen.progress] == [m.train_accuracy for m in seen.metrics]
