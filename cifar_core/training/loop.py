"""The training loop. It reports to an observer and stores nothing itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from cifar_core.errors import TrainingError
from cifar_core.training.batches import Augment, Normalize, TrainingData, num_batches, training_batches
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.evaluate import StopRequested, evaluate
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.training.optim import build_optimizer
from cifar_core.training.schedule import learning_rate
from cifar_core.training.seeds import derive_seed
from cifar_core.training.spec import TrainingSpec

PROGRESS_SECONDS = 0.5
"""Step figures stay on the device and are read at most this often: reading them waits for the device."""


class DivergedError(TrainingError):
    """The loss is no longer a finite number."""


class TrainingObserver(Protocol):
    """Who follows a training; every call comes from the training thread."""

    def on_progress(self, progress: StepProgress) -> None:
        """At most twice a second, and after an epoch's last batch."""

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint) -> None:
        """After every epoch, evaluation included; `checkpoint` shares memory with the network: write it now."""

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
) -> Literal["completed", "stopped"]:
    """Trains a network in place.

    The global generator is seeded before every step from (seed, epoch, batch), so that dropout, like order and
    augmentation, does not depend on what ran before.

    Raises:
        DivergedError: the loss became infinite or not a number.
        TrainingError: the device ran out of memory.
    """
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    loop = _Loop(network, data, spec, device, augment, observer)
    try:
        for epoch in range(1, spec.epochs + 1):
            loop.run_epoch(epoch)
    except StopRequested:
        return "stopped"
    except torch.OutOfMemoryError:
        smaller = max(2, spec.batch_size // 2)
        advice = f"try {smaller}" if smaller < spec.batch_size else "try a smaller network"
        raise TrainingError(f"The GPU ran out of memory at batch size {spec.batch_size}: {advice}.") from None
    return "completed"


class _Loop:
    def __init__(
        self,
        network: nn.Module,
        data: TrainingData,
        spec: TrainingSpec,
        device: torch.device,
        augment: Augment,
        observer: TrainingObserver,
    ) -> None:
        self.network, self.data, self.spec, self.device = network, data, spec, device
        self.augment, self.observer = augment, observer
        self.optimizer = build_optimizer(network, spec.optimizer)
        self.normalize = Normalize(data.mean, data.std, device)
        self.batches = num_batches(len(data.train), spec.batch_size)

    def run_epoch(self, epoch: int) -> None:
        started = time.perf_counter()
        totals = _EpochTotals(epoch, self.batches, self.device, self.observer.on_progress)
        rate = self.spec.optimizer.learning_rate
        self.network.train()
        batches = training_batches(self.data.train, self.spec.batch_size, self.spec.seed, epoch, self.augment)
        for batch, (images, targets) in enumerate(batches):
            if self.observer.should_stop():
                raise StopRequested
            rate = learning_rate(self.spec, epoch - 1 + batch / self.batches)
            totals.add(*self._step(images, targets, rate, derive_seed(self.spec.seed, "step", epoch, batch)))
        train_loss, train_accuracy, last_loss, images_per_second = totals.finish()
        result = evaluate(self.network, self.data.evaluation, self.normalize, self.observer.should_stop)
        _require_finite(result.loss, epoch)
        metrics = EpochMetrics(
            epoch=epoch,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            last_batch_loss=last_loss,
            batches=self.batches,
            split=self.data.evaluation_split,
            eval_loss=result.loss,
            eval_accuracy=result.accuracy,
            eval_correct=result.correct,
            eval_count=result.count,
            learning_rate=rate,
            images_per_second=images_per_second,
            seconds=time.perf_counter() - started,
        )
        self.observer.on_epoch(metrics, Checkpoint(epoch, self.network.state_dict(), self.optimizer.state_dict()))

    def _step(self, images: Tensor, targets: Tensor, rate: float, seed: int) -> tuple[Tensor, Tensor, int]:
        """One optimizer step; returns loss and right answers, both on the device, and the number of images."""
        torch.manual_seed(seed)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        targets = targets.to(self.device, non_blocking=True)
        logits = self.network(self.normalize(images))
        loss = functional.cross_entropy(logits, targets, label_smoothing=self.spec.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(dim=1) == targets).sum(), len(targets)


class _EpochTotals:
    """Sums over an epoch, kept on the device and read at most every `PROGRESS_SECONDS`."""

    def __init__(self, epoch: int, batches: int, device: torch.device, report: Callable[[StepProgress], None]) -> None:
        self.epoch, self.batches, self.report = epoch, batches, report
        self.loss_sum = torch.zeros((), device=device)
        self.correct = torch.zeros((), dtype=torch.int64, device=device)
        self.last_loss = self.loss_sum
        self.images = self.batch = 0
        self.started = self.reported = time.perf_counter()

    def add(self, loss: Tensor, correct: Tensor, images: int) -> None:
        self.loss_sum += loss * images
        self.correct += correct
        self.last_loss = loss
        self.images += images
        self.batch += 1
        if time.perf_counter() - self.reported >= PROGRESS_SECONDS:
            self._read()

    def finish(self) -> tuple[float, float, float, float]:
        """Reports once more; returns mean loss, accuracy, the last batch's loss, and images per second."""
        progress = self._read()
        return self.loss_sum.item() / self.images, progress.accuracy, progress.loss, progress.images_per_second

    def _read(self) -> StepProgress:
        # The sum is not finite as soon as one batch's loss was not, even if the last one's is.
        _require_finite(self.loss_sum.item(), self.epoch)
        now = time.perf_counter()
        progress = StepProgress(
            epoch=self.epoch,
            batch=self.batch,
            batches=self.batches,
            loss=self.last_loss.item(),
            accuracy=self.correct.item() / self.images,
            images_per_second=self.images / (now - self.started),
        )
        self.reported = now
        self.report(progress)
        return progress


def _require_finite(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise DivergedError(f"The loss became {loss} in epoch {epoch}: try a lower learning rate.")
