"""What the store says about a run: plain, frozen, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cifar_core.runs.config import RunConfig


class RunState(StrEnum):
    """Where a run is in its life.

    queued -> running | stopped; running -> stopping | completed | failed | diverged | interrupted;
    stopping -> stopped | completed (asked behind the last batch) | failed | diverged | interrupted.
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
        return self in (RunState.RUNNING, RunState.STOPPING)

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it by itself any more."""
        return not (self.is_active or self == RunState.QUEUED)


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
    """On the set that the protocol evaluates every epoch, at `best_epoch`."""
    last_accuracy: float | None
    """On the same set, after the last epoch done."""
    clean_train_accuracy: float | None
    """In evaluation mode on fixed unaugmented training images, of the weights behind `test_accuracy`."""
    test_accuracy: float | None
    """Of the validation-chosen checkpoint, read once; under the seed's protocol, of the last epoch."""
    device: str | None
    environment: dict[str, str]
    error: str | None
    progress: RunProgress | None

    @property
    def name(self) -> str:
        """What the person called it."""
        return self.config.name

    @property
    def seconds(self) -> float | None:
        """From start to end; None while it goes on."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute one run. A later claim raises the fence, and every write of an earlier one then fails."""

    run_id: str
    fence: int


class ClaimLostError(Exception):
    """Somebody else owns the run now: leave without writing anything."""
