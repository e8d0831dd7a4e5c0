"""The figures of a running epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from cifar_core.errors import TrainingError
from cifar_core.training.metrics import StepProgress

PROGRESS_SECONDS = 0.5
"""Step figures stay on the device and are read at most this often: reading them waits for the device."""


class DivergedError(TrainingError):
    """The loss is no longer a finite number."""


class EpochTotals:
    """Sums over an epoch, kept on the device and read at most every `PROGRESS_SECONDS`."""

    def __init__(self, epoch: int, batches: int, device: torch.device, report: Callable[[StepProgress], None]) -> None:
        """Starts the clock of images per second.

        Args:
            epoch: from 1.
            batches: of the whole epoch.
            device: where the figures of a step lie.
            report: is told of every reading.
        """
        self._epoch, self._batches, self._report = epoch, batches, report
        # Sum of losses, right answers, and the last batch's loss: one tensor, so that a reading is one transfer.
        self._sums = torch.zeros(3, dtype=torch.float64, device=device)
        self._images = self._batch = 0
        self._loss_before = self._correct_before = 0.0
        self._images_before = 0
        self._started = self._reported = time.perf_counter()
        self._progress: StepProgress | None = None

    def add(self, loss: Tensor, correct: Tensor, images: int) -> None:
        """Takes a batch in: its mean loss and number of right answers, both on the device, and its images.

        Raises:
            DivergedError: a loss since the last reading was not finite.
        """
        self._sums[0] += loss * images
        self._sums[1] += correct
        self._sums[2] = loss
        self._images += images
        self._batch += 1
        if time.perf_counter() - self._reported >= PROGRESS_SECONDS:
            self._read()

    def finish(self) -> tuple[float, StepProgress]:
        """The epoch's mean loss, and its last progress, which is reported if it was not yet.

        Raises:
            DivergedError: a loss since the last reading was not finite.
        """
        progress = self._progress
        if progress is None or progress.batch < self._batch:
            progress = self._read()
        return self._loss_before / self._images, progress

    def _read(self) -> StepProgress:
        loss_sum, correct, last_loss = self._sums.tolist()
        # The sum is not finite as soon as one batch's loss was not, even if the last one's is.
        require_finite(loss_sum, self._epoch)
        now, recent = time.perf_counter(), self._images - self._images_before
        progress = StepProgress(
            epoch=self._epoch,
            batch=self._batch,
            batches=self._batches,
            loss=last_loss,
            accuracy=correct / self._images,
            recent_loss=(loss_sum - self._loss_before) / recent,
            recent_accuracy=(correct - self._correct_before) / recent,
            images_per_second=self._images / (now - self._started),
        )
        self._loss_before, self._correct_before, self._images_before = loss_sum, correct, self._images
        self._reported, self._progress = now, progress
        self._report(progress)
        return progress


def require_finite(loss: float, epoch: int) -> None:
    """Ends a training that has gone astray.

    Raises:
        DivergedError: the loss is infinite or not a number.
    """
    if not math.isfinite(loss):
        raise DivergedError(f"The loss became {loss} in epoch {epoch}: try a lower learning rate.")
