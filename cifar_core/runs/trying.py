"""Carrying out trials. Results lie in the store, by the trial's key; pages read them there."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict

import torch

from cifar_core.architecture.build import CompactNetwork, build_seeded
from cifar_core.errors import LabError, TrainingError, foreign_sentence
from cifar_core.runs.config import RunConfig
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.runs.store import RunStore
from cifar_core.runs.trials import RangeResult, SpeedResult, Trial
from cifar_core.training.device import device_for
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.range_test import RatePoint, range_test, suggested_rate
from cifar_core.training.seeds import derive_seed
from cifar_core.training.speed import measure_speed

TOLD_SECONDS = 0.5
"""A range test tells of its points at most this often."""


def carry_out(store: RunStore, trial: Trial, should_stop: Callable[[], bool]) -> None:
    """Carries a trial out; one that was stopped has no result.

    Raises:
        LabError: it came to nothing, or its result cannot be kept.
    """
    try:
        result = _speed(trial, should_stop) if trial.kind == "speed" else _range(store, trial, should_stop)
    except StopRequested:
        return
    except LabError:
        raise
    except Exception as error:  # whatever broke must not end the process that trains
        logging.getLogger(__name__).exception("A trial broke.")
        raise TrainingError(foreign_sentence(error)) from error
    finally:
        if trial.kind == "range":
            store.trials.forget(trial.progress_key)
    store.trials.put(trial.key, asdict(result))


def _speed(trial: Trial, should_stop: Callable[[], bool]) -> SpeedResult:
    network, data, device = _prepared(trial.config)
    speed = measure_speed(network, data.training, trial.config.training, device, data.augment(), should_stop)
    return SpeedResult(speed.seconds_per_batch, speed.seconds_per_eval_image, speed.device)


def _range(store: RunStore, trial: Trial, should_stop: Callable[[], bool]) -> RangeResult:
    network, data, device = _prepared(trial.config)
    points: list[RatePoint] = []
    told_at = time.monotonic()

    def tell(point: RatePoint) -> None:
        nonlocal told_at
        points.append(point)
        if time.monotonic() - told_at > TOLD_SECONDS:
            told_at = time.monotonic()
            store.trials.put(trial.progress_key, asdict(RangeResult.of(points)))

    spec, augment = trial.config.training, data.augment()
    range_test(network, data.training, spec, device, augment, on_point=tell, should_stop=should_stop)
    return RangeResult.of(points, suggested_rate(points))


def _prepared(config: RunConfig) -> tuple[CompactNetwork, RunData, torch.device]:
    """What a run of this configuration would begin with."""
    device = device_for(config.training)
    data = load_run_data(config)
    return build_seeded(config.architecture, derive_seed(config.training.seed, "weights")), data, device
