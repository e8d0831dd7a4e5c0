"""What a training reports: while an epoch runs, and after it."""

from __future__ import annotations

from dataclasses import dataclass

from cifar_core.protocol import EpochSplit


@dataclass(frozen=True, slots=True)
class StepProgress:
    """Where a running epoch is."""

    epoch: int
    """From 1."""
    batch: int
    """Batches done in this epoch."""
    batches: int
    loss: float
    """Of the last batch, as trained."""
    accuracy: float
    """Of this epoch's images so far, as trained, in 0..1."""
    recent_loss: float
    """Mean over the images since the report before, as trained."""
    recent_accuracy: float
    """Of the images since the report before, as trained, in 0..1."""
    images_per_second: float


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """What an epoch measured. Training figures are as trained: augmented, dropout on, weights moving."""

    epoch: int
    """From 1."""
    train_loss: float
    """Mean over the epoch's images, label smoothing included."""
    train_accuracy: float
    """In 0..1; of images that were mixed, the class that weighs most is the right one."""
    last_batch_loss: float
    batches: int
    split: EpochSplit
    """The set behind the next four."""
    eval_loss: float
    eval_accuracy: float
    eval_correct: int
    eval_count: int
    learning_rate: float
    """Of the epoch's last step."""
    images_per_second: float
    """While training, evaluation apart."""
    seconds: float
    """Of the whole epoch, evaluation included."""
