"""The training loop. It reports to an observer and stores nothing itself."""

from __future__ import annotations

import time
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from cifar_core.training.batches import Augment, Normalize, TrainingData, training_batches
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.device import memory_advice
from cifar_core.training.evaluate import StopRequested, evaluate_logits, predict_logits
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.training.schedule import learning_rate
from cifar_core.training.seeds import derive_seed
from cifar_core.training.spec import TrainingSpec
from cifar_core.training.step import TrainingStep
from cifar_core.training.steps import num_batches
from cifar_core.training.totals import DivergedError, EpochTotals, require_finite

__all__ = ["DivergedError", "TrainingLoop", "TrainingObserver", "train"]


class TrainingObserver(Protocol):
    """Who follows a training; every call comes from the training thread."""

    def on_progress(self, progress: StepProgress) -> None:
        """At most twice a second, and after an epoch's last batch."""

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        """After every epoch, evaluation included.

        Args:
            metrics: of the epoch.
            checkpoint: shares memory with the network: write it now.
            eval_logits: float32 [N, num_classes] on the host, of the evaluation set in its order.
        """

    def should_stop(self) -> bool:
        """Asked before every batch."""


@torch.enable_grad()
def train(
    network: nn.Module,
    data: TrainingData,
    spec: TrainingSpec,
    device: torch.device,
    augment: Augment,
    observer: TrainingObserver,
    start: Checkpoint | None = None,
) -> Literal["completed", "stopped"]:
    """Trains a network in place.

    The global generator is seeded before every step from (seed, epoch, batch), so that dropout, like order and
    augmentation, does not depend on what ran before. With `start` it goes on behind that checkpoint's epoch, to the
    same bits as without the interruption. Evaluation is in float32 whatever the precision of training, with the
    averaged weights where there are any: its figures are then those that the stored weights give anywhere.

    Raises:
        DivergedError: the loss became infinite or not a number.
        TrainingError: memory ran out, or `start` belongs to another network or training.
    """
    with memory_advice(spec.batch_size):
        loop = TrainingLoop(network, data, spec, device, augment, observer)
        if start is not None:
            loop.step.restore(start, start.epoch * loop.batches)
        try:
            for epoch in range(start.epoch + 1 if start else 1, spec.epochs + 1):
                loop.run_epoch(epoch)
        except StopRequested:
            return "stopped"
    return "completed"


class TrainingLoop:
    """Trains a network in place, an epoch a call, and tells an observer of it."""

    def __init__(
        self,
        network: nn.Module,
        data: TrainingData,
        spec: TrainingSpec,
        device: torch.device,
        augment: Augment,
        observer: TrainingObserver,
    ) -> None:
        self.data, self.spec, self.device = data, spec, device
        self.augment, self.observer = augment, observer
        self.normalize = Normalize(data.mean, data.std, device)
        self.step = TrainingStep(network, self.normalize, spec, device)
        self.batches = num_batches(len(data.train), spec.batch_size)

    def run_epoch(self, epoch: int) -> None:
        """Trains and evaluates.

        Raises:
            StopRequested: the observer wants it.
            DivergedError: the loss became infinite or not a number.
        """
        started = time.perf_counter()
        train_loss, progress, rate = self.train_epoch(epoch)
        evaluation = self.data.evaluation
        logits = predict_logits(self.step.evaluated, evaluation.images, self.normalize, self.observer.should_stop)
        result = evaluate_logits(logits, evaluation.targets)
        require_finite(result.loss, epoch)
        metrics = EpochMetrics(
            epoch=epoch,
            train_loss=train_loss,
            train_accuracy=progress.accuracy,
            last_batch_loss=progress.loss,
            batches=self.batches,
            split=self.data.evaluation_split,
            eval_loss=result.loss,
            eval_accuracy=result.accuracy,
            eval_correct=result.correct,
            eval_count=result.count,
            learning_rate=rate,
            images_per_second=progress.images_per_second,
            seconds=time.perf_counter() - started,
        )
        self.observer.on_epoch(metrics, self.step.checkpoint(epoch), logits)

    def train_epoch(self, epoch: int) -> tuple[float, StepProgress, float]:
        """Goes over the training images once, and waits for the device at the end.

        Returns:
            The mean loss, the last progress, and the last step's learning rate.

        Raises:
            As `run_epoch`.
        """
        totals = EpochTotals(epoch, self.batches, self.device, self.observer.on_progress)
        rate = self.spec.optimizer.learning_rate
        self.step.network.train()
        batches = training_batches(self.data.train, self.spec, epoch, self.augment)
        for batch, (images, targets) in enumerate(batches):
            if self.observer.should_stop():
                raise StopRequested
            rate = learning_rate(self.spec, epoch - 1 + batch / self.batches)
            loss, correct = self.step(images, targets, rate, derive_seed(self.spec.seed, "step", epoch, batch))
            totals.add(loss, correct, len(targets))
        return *totals.finish(), rate
