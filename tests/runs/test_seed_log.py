from __future__ import annotations

import re

import pytest

from cifar_core.runs.seed_log import epoch_lines, evaluation_line, train_line
from cifar_core.training.metrics import StepProgress
from tests.tiny import some_metrics


def test_the_seed_s_own_first_epoch_is_written_letter_by_letter() -> None:
    metrics = some_metrics(
        epoch=1,
        last_batch_loss=1.3733,
        batches=391,
        train_accuracy=0.3628,
        split="test",
        eval_loss=1.4182,
        eval_correct=4784,
        eval_count=10000,
    )
    assert epoch_lines(metrics) == (
        "Epoch 1",
        "Train loss=1.3733 batch_id=390 Accuracy=36.28",
        "Test set: Average loss: 1.4182, Accuracy: 4784/10000 (47.84%)",
    )


def test_a_validation_set_is_never_called_a_test_set() -> None:
    assert evaluation_line("validation", 0.5, 1, 3) == "Validation set: Average loss: 0.5000, Accuracy: 1/3 (33.33%)"


@pytest.mark.parametrize(("batch", "accuracy"), [(1, 0.0), (391, 1.0)])
def test_a_running_epoch_is_told_in_the_same_form(batch: int, accuracy: float) -> None:
    line = train_line(StepProgress(2, batch, 391, 0.00004, accuracy, 0.00004, accuracy, 100.0))
    match = re.fullmatch(r"Train loss=(\d+\.\d{4}) batch_id=(\d+) Accuracy=(\d+\.\d{2})", line)
    assert match is not None
    assert match.groups() == ("0.0000", str(batch - 1), f"{100 * accuracy:.2f}")
