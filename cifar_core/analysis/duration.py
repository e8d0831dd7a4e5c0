"""How long a run will take, from what the store has measured."""

from __future__ import annotations

from dataclasses import dataclass

from cifar_core.runs import Run, RunConfig, RunStore

SEARCHED_RUNS = 50
"""The newest runs that are looked through for one of the same network and data."""


@dataclass(frozen=True, slots=True)
class DurationEstimate:
    """A prediction and what it rests on."""

    seconds: float
    measured_on: Run


def estimate_duration(store: RunStore, config: RunConfig) -> DurationEstimate | None:
    """The time that a run will take, by the median epoch of the newest run of the same work; None if there is none.

    The same work is the same layers, data set, augmentation, protocol, batch size and numbers of images.
    """
    for run in store.list_runs(limit=SEARCHED_RUNS):
        if run.epochs_done and _same_work(run.config, config):
            seconds = sorted(metrics.seconds for metrics in store.epochs(run.id))
            return DurationEstimate(seconds[len(seconds) // 2] * config.training.epochs, run)
    return None


def _same_work(one: RunConfig, other: RunConfig) -> bool:
    def work(config: RunConfig) -> tuple[object, ...]:
        spec, training = config.architecture, config.training
        images = (training.protocol, training.validation_images, training.limit_train, training.limit_test)
        return spec.nodes, spec.head, config.dataset, config.augmentation.transforms, training.batch_size, images

    return work(one) == work(other)
