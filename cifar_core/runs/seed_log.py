"""The log's lines in the seed document's form."""

from __future__ import annotations

from cifar_core.protocol import EpochSplit
from cifar_core.training.metrics import EpochMetrics, StepProgress

SPLIT_TITLES: dict[EpochSplit, str] = {
    "validation": "Validation set",
    "test": "Test set",
    "train": "Training set, clean",
}


def train_line(progress: StepProgress) -> str:
    """`Train loss=1.3733 batch_id=390 Accuracy=36.28`; the loss is the last batch's, as in the seed."""
    return _train(progress.loss, progress.batch - 1, progress.accuracy)


def epoch_lines(metrics: EpochMetrics) -> tuple[str, str, str]:
    """An epoch's heading and the seed's two lines."""
    return (
        f"Epoch {metrics.epoch}",
        _train(metrics.last_batch_loss, metrics.batches - 1, metrics.train_accuracy),
        evaluation_line(metrics.split, metrics.eval_loss, metrics.eval_correct, metrics.eval_count),
    )


def evaluation_line(split: EpochSplit, loss: float, correct: int, count: int) -> str:
    """`Test set: Average loss: 1.4182, Accuracy: 4784/10000 (47.84%)`."""
    return (
        f"{SPLIT_TITLES[split]}: Average loss: {loss:.4f}, Accuracy: {correct}/{count} ({100 * correct / count:.2f}%)"
    )


def _train(loss: float, batch_id: int, accuracy: float) -> str:
    return f"Train loss={loss:.4f} batch_id={batch_id} Accuracy={100 * accuracy:.2f}"
