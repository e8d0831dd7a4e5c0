"""What the store says about a run: plain, frozen, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from cifar_core.protocol import EpochSplit, Protocol
from cifar_core.runs.config import RunConfig


class RunState(StrEnum):
    """Where a run is in its life.

    queued -> running | stopped; running -> stopping | completed | failed | diverged | interrupted;
    stopping -> stopped | completed (asked behind the last batch) | failed | diverged | interrupted;
    stopped, failed, interrupted -> queued by resume.
    """

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"

    @property
    def is_active(self) -> bool:
        """Whether somebody trains it now."""
        return self in ACTIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it by itself any more."""
        return not (self.is_active or self == RunState.QUEUED)

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from its last whole epoch. A diverged run would only diverge again."""
        return self in (RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED)


class RunOrigin(StrEnum):
    """How a run came into the store."""

    TRAINED = "trained"
    UNPACKED = "unpacked"
    """From a package that somebody brought."""
    EXAMPLE = "example"
    """Shipped with the project."""


ACTIVE = (RunState.RUNNING, RunState.STOPPING)
"""Somebody trains it now."""
UNFINISHED = (RunState.QUEUED, *ACTIVE)
"""Something will still happen to it by itself."""


@dataclass(frozen=True, slots=True)
class StepPoint:
    """The batches of the running epoch since the point before."""

    batch: int
    """Batches done in this epoch, at this point."""
    loss: float
    """Mean, as trained."""
    accuracy: float
    """In 0..1, as trained."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where a run is right now."""

    stage: str
    """"loading", "training" or "evaluating"."""
    epoch: int = 0
    batch: int = 0
    batches: int = 0
    loss: float | None = None
    accuracy: float | None = None
    images_per_second: float | None = None
    points: tuple[StepPoint, ...] = ()
    """The running epoch so far, at most a few hundred."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the store knows it. Accuracies are in 0..1, times are in UTC."""

    id: str
    state: RunState
    config: RunConfig
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    num_params: int
    receptive_field: int
    epochs_done: int
    best_epoch: int | None
    best_accuracy: float | None
    """On the set that the protocol evaluates every epoch, at `best_epoch`; None of a refit, which chooses nothing."""
    last_accuracy: float | None
    """On the same set, after the last epoch done."""
    clean_train_accuracy: float | None
    """In evaluation mode on fixed unaugmented training images, of the weights behind `test_accuracy`."""
    test_accuracy: float | None
    """Of the validation-chosen checkpoint; under another protocol of the last epoch."""
    device: str | None
    environment: dict[str, str]
    error: str | None
    progress: RunProgress | None
    parent_id: str | None
    """The run whose settings it was cloned from."""
    group_id: str | None
    """Shared by runs launched together, which differ in their seed alone."""
    spent_seconds: float
    """On whole epochs, evaluation included, over all its sessions."""
    note: str
    """What a person wrote about it; empty for nothing."""
    tags: tuple[str, ...]
    """In alphabetical order."""
    deleted_at: datetime | None
    """When it was deleted, which can be undone; None for a run that is there."""
    size_bytes: int | None
    """Of its files, when they were last counted; None before that."""
    origin: RunOrigin
    family: str
    """The same for runs of the same configuration, whatever they are called, and whatever their seed and device."""
    train_images: int
    """How many images it trains on."""
    meets_rules: bool
    """Whether its network passes every required rule of the assignment."""
    sweep_id: str | None = None
    """The sweep whose trial it is."""
    sweep_trial: int | None = None
    """Which of its trials, from 0."""

    @property
    def name(self) -> str:
        """What the person called it."""
        return self.config.name

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from its last whole epoch: a package holds nothing of the optimizer."""
        return self.state.can_resume and self.origin == RunOrigin.TRAINED

    @property
    def chosen_epoch(self) -> int:
        """The epoch whose weights its accuracies stand for: the validation-chosen one, or the last; 0 before any."""
        reads_last = self.config.training.protocol != "validation" or self.best_epoch is None
        return self.epochs_done if reads_last else self.best_epoch or 0

    @property
    def has_weights(self) -> bool:
        """Whether a network can be loaded from it that will not change any more."""
        return self.state.is_over and self.epochs_done > 0

    @property
    def league(self) -> League:
        """What its accuracies may be ranked among."""
        return League(self.config.dataset, self.config.training.protocol, self.train_images)


@dataclass(frozen=True, slots=True, order=True)
class League:
    """Runs whose accuracies mean the same: rankings never mix data sets, protocols or numbers of training images."""

    dataset: str
    protocol: Protocol
    train_images: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What the network said of a few fixed images after every epoch."""

    split: EpochSplit
    index: tuple[int, ...]
    """Positions in the data set's test array (test), or its train array (validation, train)."""
    epochs: tuple[int, ...]
    probabilities: np.ndarray
    """float32 [len(epochs), len(index), num_classes]."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a run's history."""

    at: datetime
    """In UTC."""
    state: RunState
    """That the run was in from then on."""
    note: str
    """Why, in a sentence; empty where the state says it all."""


SHUTDOWN_NOTE = "The program that trained it was closed."
"""Why a run ended that nobody stopped and nothing was wrong with."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute one run. A later claim raises the fence, and every write of an earlier one then fails."""

    run_id: str
    fence: int


class ClaimLostError(Exception):
    """Somebody else owns the run now: leave without writing anything."""
