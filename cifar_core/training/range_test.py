"""Learning-rate range test: a short training whose rate only grows tells which rates a network bears."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor, nn

from cifar_core.errors import SpecError
from cifar_core.training.batches import Augment, Normalize, TrainingData, training_batches
from cifar_core.training.device import memory_advice
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.seeds import derive_seed
from cifar_core.training.spec import TrainingSpec
from cifar_core.training.step import TrainingStep

SMOOTHING = 0.98
"""Share of the smoothed loss that a step keeps, as in fastai (Gugger, Howard 2018)."""
DIVERGED = 4.0
"""The test ends where the smoothed loss is so many times its lowest, as in fastai."""
SKIPPED_SHARE = 0.1
"""Share of the points at the start that `suggested_rate` passes over: their mean is still over a few batches."""
LEAST_FALL = 0.02
"""Share of the loss that must be gained on the way: less is the noise of the batches."""


@dataclass(frozen=True, slots=True)
class RatePoint:
    """A step of the range test."""

    learning_rate: float
    loss: float
    """Smoothed: the bias-corrected moving average of the batches' losses up to this one."""


@torch.enable_grad()
def range_test(
    network: nn.Module,
    data: TrainingData,
    spec: TrainingSpec,
    device: torch.device,
    augment: Augment,
    low: float = 1e-4,
    high: float = 10.0,
    steps: int = 100,
    on_point: Callable[[RatePoint], None] = lambda point: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[RatePoint, ...]:
    """Trains a copy of a network while the rate grows geometrically (Smith 2015, "Cyclical learning rates").

    Args:
        network: left as it is.
        data: its training images are gone through, again if they are fewer than the steps need.
        spec: how to train; its schedule, epochs and highest rate do not matter here.
        device: where to compute.
        augment: as in training.
        low: rate of the first step.
        high: rate of the last step.
        steps: batches at most; it ends early once the loss has exploded.
        on_point: called after every step.
        should_stop: asked before every step.

    Returns:
        The points as far as it came, losses finite.

    Raises:
        SpecError: not 0 < low < high, or fewer than two steps.
        StopRequested: `should_stop()` returned true.
        TrainingError: memory ran out.
    """
    if not (0 < low < high and steps >= 2):
        raise SpecError(
            f"A range test from {low} to {high} in {steps} steps is none: it needs 0 < low < high and 2 steps or more."
        )
    points: list[RatePoint] = []
    rates = (low * (high / low) ** (done / (steps - 1)) for done in range(steps))
    with memory_advice(spec.batch_size):
        step = TrainingStep(copy.deepcopy(network), Normalize(data.mean, data.std, device), spec, device)
        step.network.train()
        mean = 0.0
        for done, (rate, (images, targets)) in enumerate(
            zip(rates, _endless(data, spec, augment), strict=False), start=1
        ):
            if should_stop():
                raise StopRequested
            loss, _ = step(images, targets, rate, derive_seed(spec.seed, "step", 1, done))
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss.item()
            point = RatePoint(rate, mean / (1 - SMOOTHING**done))
            if not math.isfinite(point.loss):
                break
            points.append(point)
            on_point(point)
            if point.loss > DIVERGED * min(earlier.loss for earlier in points):
                break
    return tuple(points)


def suggested_rate(points: Sequence[RatePoint]) -> float | None:
    """A highest learning rate to train with: a tenth of the rate at which the smoothed loss was lowest.

    This is fastai's rule (`minimum`): where the loss is lowest it is about to rise, so one stays an order of
    magnitude below. None where the loss does not fall, and so tells nothing.
    """
    told = points[int(SKIPPED_SHARE * len(points)) :]
    if not told:
        return None
    lowest = min(told, key=lambda point: point.loss)
    return lowest.learning_rate / 10 if lowest.loss < (1 - LEAST_FALL) * told[0].loss else None


def _endless(data: TrainingData, spec: TrainingSpec, augment: Augment) -> Iterator[tuple[Tensor, Tensor]]:
    for epoch in count(1):
        yield from training_batches(data.train, spec.at_its_strongest(), epoch, augment)
