"""Results of short trials, kept by what was tried: the speed of some work, a learning-rate range test."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete

from cifar_core.runs.config import RunConfig
from cifar_core.runs.database import Database
from cifar_core.runs.lease import device_key
from cifar_core.runs.rows import utc_now
from cifar_core.runs.tables import TrialRow

if TYPE_CHECKING:
    from cifar_core.training.range_test import RatePoint

TrialKind = Literal["speed", "range"]


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to be tried before a run is launched."""

    kind: TrialKind
    """"speed": how long its batches take; "range": how its loss answers to a rising learning rate."""
    config: RunConfig

    @property
    def key(self) -> str:
        """What the result is kept by: the same for all runs that it speaks for, on one device of one host."""
        device = device_key(self.config.training.device)
        return _speed_key(self.config, device) if self.kind == "speed" else _range_key(self.config, device)

    @property
    def progress_key(self) -> str:
        """What a result is kept by as long as it is half of one."""
        return f"{self.key}-so-far"


def _speed_key(config: RunConfig, device: str) -> str:
    """Of all runs whose batches cost the same: the number of epochs and images is left open."""
    spec, training = config.architecture, config.training
    extras = (training.ema_decay is not None, training.clip_norm is not None, training.precision, training.execution)
    strongest = training.at_its_strongest().augmentation_first
    engine, augmentation = training.augmentation_engine, (_augmentation(config), strongest)
    layers = [node.model_dump_json() for node in (*spec.nodes, *spec.head)]
    return _digest("speed", device, layers, engine, augmentation, training.batch_size, training.optimizer.kind, extras)


def _range_key(config: RunConfig, device: str) -> str:
    """Of all runs whose loss answers alike to a rising learning rate: the rate itself and the epochs are left out."""
    # "auto" and the device that it stands for are the same work, and `device` says which that is.
    left_out = {"device", "execution", "epochs", "schedule", "recipe", "limit_test", "validation_images"}
    training = config.training.model_dump(exclude=left_out)
    training["optimizer"].pop("learning_rate")
    network = config.architecture.model_dump_json(exclude={"name"})
    return _digest("range", device, config.dataset, network, _augmentation(config), training)


def _augmentation(config: RunConfig) -> list[str]:
    """Transforms and mixers, without the name."""
    return [part.model_dump_json() for part in (*config.augmentation.transforms, *config.augmentation.batch)]


def _digest(kind: str, *parts: object) -> str:
    return f"{kind}-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class SpeedResult:
    """How fast a run's work is done."""

    seconds_per_batch: float
    """Of training, augmentation included."""
    seconds_per_eval_image: float
    device: str


@dataclass(frozen=True, slots=True)
class RangeResult:
    """How the loss answered to a rising learning rate."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    """Smoothed, in nats, one for each rate."""
    suggested: float | None
    """None while it goes on, or where the curve suggests nothing."""

    @classmethod
    def of(cls, points: Sequence[RatePoint], suggested: float | None = None) -> RangeResult:
        """Of the points of a range test."""
        rates, losses = (tuple(getattr(point, name) for point in points) for name in ("learning_rate", "loss"))
        return cls(rates, losses, suggested)


class Trials:
    """The store's memory of trials."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: str, result: dict[str, Any]) -> None:
        """Keeps a result; an earlier one of the same key is replaced."""
        with self._database.writing() as session:
            session.merge(TrialRow(key=key, measured_at=utc_now(), result_json=json.dumps(result)))

    def forget(self, key: str) -> None:
        """Drops a result."""
        with self._database.writing() as session:
            session.execute(delete(TrialRow).where(TrialRow.key == key))

    def speed(self, config: RunConfig) -> tuple[SpeedResult, datetime] | None:
        """What a speed trial measured for such a run on this host, and when (UTC); None if there was none."""
        found = self._find(Trial("speed", config).key)
        return None if found is None else (SpeedResult(**found[0]), found[1])

    def range(self, config: RunConfig) -> tuple[RangeResult, datetime] | None:
        """What a range test measured for such a run on this host, and when (UTC); None if there was none."""
        return self._range(Trial("range", config).key)

    def range_so_far(self, config: RunConfig) -> RangeResult | None:
        """What the range test that goes on has measured; None before its first points."""
        found = self._range(Trial("range", config).progress_key)
        return None if found is None else found[0]

    def _range(self, key: str) -> tuple[RangeResult, datetime] | None:
        found = self._find(key)
        return None if found is None else (RangeResult(**found[0]), found[1])

    def _find(self, key: str) -> tuple[dict[str, Any], datetime] | None:
        with self._database.reading() as session:
            row = session.get(TrialRow, key)
            return None if row is None else (json.loads(row.result_json), row.measured_at)


class TrialDesk:
    """Where trials are asked for, from any thread. The newest wish of a kind takes the place of an older one."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._wanted: dict[str, Trial] = {}
        self._current: Trial | None = None
        self._problems: dict[str, str] = {}

    def ask(self, trial: Trial) -> None:
        """Asks for a trial; a running one of the same kind for something else is given up."""
        with self._lock:
            self._wanted[trial.kind] = trial
            self._problems.pop(trial.key, None)
        self._ring()

    def problem(self, key: str) -> str:
        """Why this trial came to nothing when it was carried out last; else empty."""
        with self._lock:
            return self._problems.get(key, "")

    def withdraw(self, kind: TrialKind) -> None:
        """Gives up what is wanted or running."""
        with self._lock:
            self._wanted.pop(kind, None)

    def is_wanted(self, key: str) -> bool:
        """Whether this trial waits or runs."""
        with self._lock:
            return any(trial.key == key for trial in self._wanted.values())

    def is_running(self, key: str) -> bool:
        """Whether this trial is being carried out."""
        current = self._current
        return current is not None and current.key == key

    def next(self) -> Trial | None:
        """The trial to carry out: one that a person pressed a button for goes first."""
        with self._lock:
            return self._wanted.get("range") or self._wanted.get("speed")

    def is_cancelled(self, trial: Trial) -> bool:
        """Whether it is no longer wanted."""
        with self._lock:
            wanted = self._wanted.get(trial.kind)
            return wanted is None or wanted.key != trial.key

    def begin(self, trial: Trial) -> None:
        """Says that a trial is being carried out."""
        self._current = trial

    def end(self, trial: Trial, keep_wish: bool, problem: str = "") -> None:
        """Says that it is no longer.

        Args:
            trial: that was begun.
            keep_wish: it had to make way, and shall be carried out later.
            problem: why it came to nothing; not kept in the store, since the next time may go better.
        """
        self._current = None
        with self._lock:
            if problem:
                self._problems[trial.key] = problem
            wanted = self._wanted.get(trial.kind)
            # By its key: the same work may have been asked for again under another name.
            if not keep_wish and wanted is not None and wanted.key == trial.key:
                del self._wanted[trial.kind]
