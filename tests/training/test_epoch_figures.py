"""Figures of an epoch are those worked out by hand, and those of the stored weights."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from cifar_core.training import learning_rate
from cifar_core.training.batches import Normalize, TensorImages, TrainingData
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.evaluate import predict_logits
from cifar_core.training.loop import train
from cifar_core.training.metrics import EpochMetrics
from tests.tiny import Recorder, tiny_network, tiny_training, unchanged
from tests.training.looping import CPU, DATA, same, trained


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_figures_of_an_epoch_of_one_batch_are_those_worked_out_by_hand(smoothing: float) -> None:
    spec = tiny_training(epochs=1, batch_size=256, label_smoothing=smoothing)
    network, seen = tiny_network(dropout=0.0), Recorder()
    normalize = Normalize(DATA.mean, DATA.std, CPU)
    with torch.no_grad():
        before = copy.deepcopy(network).train()(normalize(DATA.train.images)).double()
    log_probability = before.log_softmax(dim=1)
    right = log_probability[torch.arange(256), DATA.train.targets]
    loss = -((1 - smoothing) * right + smoothing * log_probability.mean(dim=1)).mean().item()

    train(network, DATA, spec, CPU, unchanged, seen)

    with torch.no_grad():
        after = network.eval()(normalize(DATA.evaluation.images)).double().log_softmax(dim=1)
    targets = DATA.evaluation.targets
    (metrics,) = seen.metrics
    assert metrics.train_loss == pytest.approx(loss, rel=1e-5)
    assert metrics.last_batch_loss == pytest.approx(loss, rel=1e-5)
    assert metrics.train_accuracy == (before.argmax(dim=1) == DATA.train.targets).float().mean().item()
    # Smoothed labels belong to training alone.
    assert metrics.eval_loss == pytest.approx(-after[torch.arange(64), targets].mean().item(), rel=1e-5)
    assert metrics.eval_correct == (after.argmax(dim=1) == targets).sum().item()
    assert (metrics.eval_count, metrics.eval_accuracy) == (64, metrics.eval_correct / 64)
    assert (metrics.batches, metrics.split, metrics.epoch) == (1, "validation", 1)


def test_the_training_loss_is_the_mean_over_images_not_over_batches() -> None:
    steps: list[tuple[float, int]] = []

    class Fixed(nn.Module):
        """Its loss depends on the size of the batch alone: no weight of it matters."""

        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(()))

        def forward(self, images: Tensor) -> Tensor:
            logits = torch.zeros(len(images), 10)
            logits[:, 0] = len(images) / 100
            if self.training:
                steps.append((len(images) / 100, len(images)))
            return logits + 0 * self.unused

    zeros = TensorImages(DATA.train.images, torch.zeros(256, dtype=torch.int64))
    data = TrainingData(zeros, DATA.evaluation, "validation", DATA.mean, DATA.std)
    seen = Recorder()
    train(Fixed(), data, tiny_training(epochs=1, batch_size=100), CPU, unchanged, seen)
    assert [size for _, size in steps] == [100, 100, 56]
    total = sum(size * (math.log(9 + math.exp(logit)) - logit) for logit, size in steps)
    assert seen.metrics[0].train_loss == pytest.approx(total / 256, rel=1e-6)
    assert seen.metrics[0].train_accuracy == 1.0


@pytest.mark.parametrize("ema_decay", [None, 0.9])
def test_the_logits_handed_over_are_those_of_the_stored_weights(ema_decay: float | None) -> None:
    class Keeper(Recorder):
        def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
            super().on_epoch(metrics, checkpoint, eval_logits)
            self.kept = copy.deepcopy(checkpoint)

    seen = Keeper()
    trained(tiny_training(epochs=2, ema_decay=ema_decay), observer=seen)
    network = tiny_network(seed=3)
    network.load_state_dict(seen.kept.weights)
    logits = predict_logits(network, DATA.evaluation.images, Normalize(DATA.mean, DATA.std, CPU))
    torch.testing.assert_close(seen.logits[-1], logits, rtol=1e-4, atol=1e-5)
    assert (seen.logits[-1].dtype, seen.logits[-1].shape) == (torch.float32, (64, 10))
    assert seen.metrics[-1].eval_correct == (logits.argmax(dim=1) == DATA.evaluation.targets).sum()
    assert same(seen.kept.network, seen.kept.weights) == (ema_decay is None)


def test_the_rate_told_of_an_epoch_is_that_of_its_last_step() -> None:
    spec, seen = tiny_training(epochs=2), Recorder()
    trained(spec, observer=seen)
    assert [metrics.learning_rate for metrics in seen.metrics] == [learning_rate(spec, 0.75), learning_rate(spec, 1.75)]
