"""Inference on a whole set, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cifar_core.training.batches import Normalize

EVALUATION_BATCH = 500
"""Images a step of inference on a CPU: larger ones gain nothing and cost memory."""
EVALUATION_BATCH_GPU = 2_000
"""The same on a GPU, which computes small batches faster than they are launched."""


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Somebody asked to stop while a set was evaluated."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a network does on a set."""

    loss: float
    """Mean cross-entropy in nats, without label smoothing."""
    correct: int
    count: int

    @property
    def accuracy(self) -> float:
        """In 0..1."""
        return self.correct / self.count


@torch.inference_mode()
def predict_logits(
    network: nn.Module, images: Tensor, normalize: Normalize, should_stop: Callable[[], bool] = lambda: False
) -> Tensor:
    """Logits float32 [N, num_classes] on the host for uint8 images [N, H, W, C], in evaluation mode.

    Raises:
        StopRequested: `should_stop()` returned true between two batches.
    """
    was_training = network.training
    network.eval()
    try:
        parts = []
        for chunk in torch.split(images, EVALUATION_BATCH if normalize.device.type == "cpu" else EVALUATION_BATCH_GPU):
            if should_stop():
                raise StopRequested
            parts.append(network(normalize(chunk)).float())
        return torch.cat(parts).cpu()
    finally:
        network.train(was_training)


def evaluate_logits(logits: Tensor, targets: Tensor) -> Evaluation:
    """Loss and accuracy of logits [N, num_classes] against targets [N]."""
    loss = functional.cross_entropy(logits, targets).item()
    correct = int((logits.argmax(dim=1) == targets).sum())
    return Evaluation(loss=loss, correct=correct, count=len(targets))
