"""The train and test log of a run in the lines of the seed document."""

from __future__ import annotations

from collections.abc import Iterable

from cifar_core.runs.seed_log import evaluation_line
from cifar_core.training.metrics import EpochMetrics


def log_text(epochs: Iterable[EpochMetrics]) -> str:
    """Three lines an epoch; accuracies in percent."""
    return "\n\n".join(_lines(epoch) for epoch in epochs)


def _lines(epoch: EpochMetrics) -> str:
    return (
        f"Epoch {epoch.epoch}\n"
        f"Train loss={epoch.last_batch_loss:.4f} batch_id={epoch.batches - 1} "
        f"Accuracy={100 * epoch.train_accuracy:.2f}: {epoch.batches}/{epoch.batches} "
        f"[{epoch.seconds:.1f} s, {epoch.images_per_second:.0f} images/s]\n"
        f"{evaluation_line(epoch.split, epoch.eval_loss, epoch.eval_correct, epoch.eval_count)}"
    )
