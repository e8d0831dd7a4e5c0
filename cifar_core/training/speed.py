"""How long a training will take, from a trial of a few seconds."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat
from statistics import median

import torch
from torch import nn

from cifar_core.training.batches import Augment, Normalize, TrainingData, training_batches
from cifar_core.training.device import device_title, memory_advice
from cifar_core.training.evaluate import EVALUATION_BATCH, StopRequested, predict_logits
from cifar_core.training.seeds import derive_seed
from cifar_core.training.spec import TrainingSpec
from cifar_core.training.step import TrainingStep

WARM_UP_BATCHES = 2
"""The first batches find kernels and memory, and are slow."""
MIN_BATCHES, MAX_BATCHES = 3, 40
"""Of timed batches."""
MAX_SECONDS = 4.0
"""Of timed batches together; a slow network is timed over `MIN_BATCHES` all the same."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a trial measured."""

    seconds_per_batch: float
    """Median of training batches, augmentation included."""
    seconds_per_eval_image: float
    device: str
    """Title of what computed it."""


@torch.enable_grad()
def measure_speed(
    network: nn.Module,
    data: TrainingData,
    spec: TrainingSpec,
    device: torch.device,
    augment: Augment,
    should_stop: Callable[[], bool] = lambda: False,
) -> Speed:
    """Trains a copy of a network for a few seconds.

    Args:
        network: left as it is.
        data: what the run would read.
        spec: how the run would train.
        device: where.
        augment: as in training.
        should_stop: asked before every batch.

    Raises:
        StopRequested: `should_stop()` returned true.
        TrainingError: memory ran out.
    """
    normalize = Normalize(data.mean, data.std, device)
    # A small set is gone through again: a trial may need more batches than it has.
    batches = chain.from_iterable(
        training_batches(data.train, spec.at_its_strongest(), 1, augment) for _ in repeat(None)
    )
    with memory_advice(spec.batch_size):
        step = TrainingStep(copy.deepcopy(network), normalize, spec, device)
        step.network.train()
        seconds: list[float] = []
        while not _enough(seconds[WARM_UP_BATCHES:]):
            if should_stop():
                raise StopRequested
            started = time.perf_counter()
            loss, _ = step(*next(batches), spec.optimizer.learning_rate, derive_seed(spec.seed, "step", 1))
            loss.item()  # waits for the device
            seconds.append(time.perf_counter() - started)
        chunk = data.evaluation.images[:EVALUATION_BATCH]
        started = time.perf_counter()
        predict_logits(step.evaluated, chunk, normalize, should_stop)
        per_image = (time.perf_counter() - started) / len(chunk)
    return Speed(median(seconds[WARM_UP_BATCHES:]), per_image, device_title(device))


def _enough(seconds: list[float]) -> bool:
    """Whether the batches timed so far will do."""
    return len(seconds) >= MAX_BATCHES or (len(seconds) >= MIN_BATCHES and sum(seconds) >= MAX_SECONDS)
