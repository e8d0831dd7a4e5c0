"""How long a run will take, from what the store has measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cifar_core.data import dataset_info
from cifar_core.data.splits import split_sizes
from cifar_core.machine import training_device
from cifar_core.runs import Run, RunConfig, RunOrigin, RunStore
from cifar_core.training import num_batches

SEARCHED_RUNS = 50
"""The newest runs that are looked through for one of the same network and data."""


@dataclass(frozen=True, slots=True)
class DurationEstimate:
    """A prediction and what it rests on."""

    seconds: float
    """Of all epochs with their evaluation. Loading before and the last evaluation behind come on top."""
    device: str
    """Where it was measured."""
    measured_at: datetime | None
    """UTC."""
    by_trial: bool
    """Whether a trial of a few seconds measured it, rather than whole epochs."""


def estimate_duration(store: RunStore, config: RunConfig) -> DurationEstimate | None:
    """The time that a run will take; None if neither a run nor a trial of the same work was measured on its device.

    By the median epoch of the newest run of the same layers, data, augmentation, protocol and batch size, else by the
    median batch of a speed trial.
    """
    device = training_device(config.training.device)
    for run in store.list_runs(limit=SEARCHED_RUNS):
        # One that was unpacked ran on a machine of which no more is known than its kind.
        trained_here = run.epochs_done and run.origin == RunOrigin.TRAINED
        if trained_here and _same_work(run.config, config) and _was_on(run, device):
            seconds = sorted(metrics.seconds for metrics in store.epochs(run.id))
            median = seconds[len(seconds) // 2]
            return DurationEstimate(
                median * config.training.epochs, run.device or device, run.started_at, by_trial=False
            )
    found = store.trials.speed(config)
    if found is None:
        return None
    speed, measured_at = found
    training = config.training
    images = (training.validation_images, training.limit_train, training.limit_test)
    train_images, eval_images = split_sizes(dataset_info(config.dataset), training.protocol, *images)
    batches = num_batches(train_images, training.batch_size)
    epoch = batches * speed.seconds_per_batch + eval_images * speed.seconds_per_eval_image
    return DurationEstimate(epoch * training.epochs, speed.device, measured_at, by_trial=True)


def _was_on(run: Run, device: str) -> bool:
    is_cpu = (run.device or "").startswith("CPU")
    return is_cpu == (device == "cpu")


def _same_work(one: RunConfig, other: RunConfig) -> bool:
    def work(config: RunConfig) -> tuple[object, ...]:
        spec, training = config.architecture, config.training
        images = (training.protocol, training.validation_images, training.limit_train, training.limit_test)
        extras = (training.optimizer.kind, training.ema_decay is None, training.clip_norm is None)
        arithmetic = (training.precision, training.execution)
        network = (spec.nodes, spec.head, config.dataset)
        strength = (training.augmentation_first, training.augmentation_last, training.alternate_flips)
        augmentation = (config.augmentation.transforms, config.augmentation.batch, training.augmentation_engine)
        return *network, *augmentation, *strength, training.batch_size, *images, *extras, *arithmetic

    return work(one) == work(other)
