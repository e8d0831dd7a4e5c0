"""What changes over a run, as a function of the time trained: drawable before it, and resumable without state."""

from __future__ import annotations

import math

from cifar_core.training.spec import ConstantSchedule, CosineSchedule, TrainingSpec


def learning_rate(spec: TrainingSpec, epochs_done: float) -> float:
    """The learning rate of the step that starts when `epochs_done` epochs, fractions included, are trained."""
    highest, schedule = spec.optimizer.learning_rate, spec.schedule
    if isinstance(schedule, ConstantSchedule):
        return highest
    if isinstance(schedule, CosineSchedule):
        return highest * _half_cosine(1.0, schedule.floor, epochs_done / schedule.t_max)
    done = min(epochs_done / spec.epochs, 1.0)
    if done < schedule.rise:
        return highest * _half_cosine(schedule.start, 1.0, done / schedule.rise)
    return highest * _half_cosine(1.0, schedule.floor, (done - schedule.rise) / (1 - schedule.rise))


def augmentation_strength(spec: TrainingSpec, epoch: int) -> float:
    """The share of its probabilities that the augmentation has in an epoch, counted from 1; in 0..1.

    Tan and Le (2021, "EfficientNetV2") let it grow, so that a network learns simple things first; to let it fade ends
    a training on images as the test set has them (He and others 2019, arXiv 1909.09148).
    """
    done = min((epoch - 1) / max(spec.epochs - 1, 1), 1.0)
    return spec.augmentation_first + (spec.augmentation_last - spec.augmentation_first) * done


def _half_cosine(start: float, end: float, share: float) -> float:
    """From `start` at share 0 to `end` at share 1, and back again beyond."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
