"""`execute_run`: the one seam through which command line, background thread and tests train."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from cifar_core.architecture.build import build_seeded
from cifar_core.errors import LabError, StoreError, foreign_sentence
from cifar_core.files import make_folder
from cifar_core.protocol import evaluation_split
from cifar_core.runs.checkpoints import RunCheckpoints
from cifar_core.runs.config import RunConfig
from cifar_core.runs.environment import environment, resume_note
from cifar_core.runs.evaluation import TrainedNetwork, predict_split
from cifar_core.runs.records import SHUTDOWN_NOTE, Claim, ClaimLostError, Run, RunProgress, RunState
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.runs.run_files import RunFiles
from cifar_core.runs.seed_log import epoch_lines
from cifar_core.runs.step_points import StepPoints
from cifar_core.runs.store import RunStore
from cifar_core.runs.watching import watched_positions
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes
from cifar_core.training.device import device_for, device_title
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.loop import DivergedError, train
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.training.seeds import derive_seed

STOP_POLL_SECONDS = 0.25
"""How often the database is asked whether somebody wants the run stopped."""
PAUSES = (0.5, 2.0, 5.0)
"""Seconds between tries to store an epoch or an end, each of which waits for the database by itself."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class RunListener:
    """Who looks on while a run is executed; every call comes from the executing thread."""

    on_progress: Callable[[StepProgress], None] = lambda progress: None
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None
    should_stop: Callable[[], bool] = lambda: False
    """For a program that closes; a person's wish to stop goes through the store."""


def execute_run(store: RunStore, claim: Claim, listener: RunListener | None = None) -> Run:
    """Trains and evaluates a claimed run, and stores everything about it.

    Failures end in the run's state and `error`, not in an exception: the caller may take the next run.

    Returns:
        The run as stored at the end.

    Raises:
        StoreError: the store could not even be told the end, or the run's configuration cannot be read.
    """
    try:
        try:
            state, error = _Execution(store, claim, listener or RunListener()).outcome()
        except LabError as broken:
            state, error = RunState.FAILED, str(broken)
        _insist(lambda: store.report_end(claim, state, error))
        with contextlib.suppress(LabError):  # a size that is not known hides nothing of the run
            store.measure_sizes([claim.run_id])
    except ClaimLostError:
        pass  # Somebody else owns the run now: whatever this one would write is wrong.
    return store.get(claim.run_id)


def _insist(report: Callable[[], Answer]) -> Answer:
    """Tells the store, again if it must be: an epoch is worth minutes, and what ended must not be shown as running."""
    for pause in PAUSES:
        try:
            return report()
        except StoreError:
            time.sleep(pause)
    return report()


def check_runnable(store: RunStore, config: RunConfig) -> None:
    """Finds what would fail at once, before a run is stored: its device, its data set and split, the run folder.

    Raises:
        SpecError: there is no such device, it is no place for the precision, or the split is impossible.
        DataError: the data set is missing or damaged.
        StoreError: the run folder cannot be made.
    """
    device_for(config.training)
    make_folder(store.folder)
    load_run_data(config)


@dataclass
class _Execution:
    """One execution of a run; also the observer of its training."""

    store: RunStore
    claim: Claim
    listener: RunListener
    run: Run = field(init=False)
    files: RunFiles = field(init=False)
    checkpoints: RunCheckpoints = field(init=False)
    _points: StepPoints = field(default_factory=StepPoints, init=False)
    _watched: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), init=False)
    _asked_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.run = self.store.get(self.claim.run_id)
        self.files = RunFiles(self.store.run_folder(self.run.id))
        self.checkpoints = RunCheckpoints(self.files)

    def outcome(self) -> tuple[RunState, str | None]:
        """Executes; returns the state that the run ends in, and a sentence if it is a bad one."""
        try:
            self._execute()
        except StopRequested:
            if self.store.stop_requested(self.claim):
                return RunState.STOPPED, None
            return RunState.INTERRUPTED, SHUTDOWN_NOTE
        except DivergedError as error:
            return RunState.DIVERGED, str(error)
        except LabError as error:
            return RunState.FAILED, str(error)
        except ClaimLostError:
            raise
        except Exception as error:  # a run must end in a state, whatever broke; the log keeps the traceback
            self._log_failure()
            return RunState.FAILED, foreign_sentence(error)
        return RunState.COMPLETED, None

    def _execute(self) -> None:
        config = self.run.config
        self.files.prepare(config)
        device = device_for(config.training)
        start, now = self._start(), environment()
        note = ""
        if self.run.epochs_done:
            note = resume_note(self.run, start.epoch if start else 0, device_title(device), now)
        self.store.report_start(self.claim, device_title(device), now, note)
        self.store.report_progress(self.claim, RunProgress(stage="loading"))
        data = load_run_data(config)
        self._choose_watched(data)
        network = build_seeded(config.architecture, derive_seed(config.training.seed, "weights"))
        if note:
            self.files.log(note, "")
        if train(network, data.training, config.training, device, data.augment(), self, start) == "stopped":
            raise StopRequested
        self._evaluate(data)

    def _start(self) -> Checkpoint | None:
        """Where a run that was taken up again goes on; None for a new one."""
        if not self.run.epochs_done:
            return None
        reads_best = evaluation_split(self.run.config.training.protocol) == "validation"
        if reads_best and self.run.best_epoch and not self.checkpoints.mend_best(self.run.best_epoch):
            return None  # only from the start does it come to the weights of its best epoch again
        return self.checkpoints.newest(self.run.epochs_done)

    def _choose_watched(self, data: RunData) -> None:
        split = evaluation_split(self.run.config.training.protocol)
        images, index = data.evaluated()
        self._watched = watched_positions(images.targets.numpy(), len(data.dataset.class_names))
        self.store.report_watched(self.claim, split, index[self._watched])

    def _evaluate(self, data: RunData) -> None:
        """Choosing is over: predictions for the pages, the clean training accuracy, and, once, the test set."""
        self.store.report_progress(self.claim, RunProgress(stage="evaluating", epoch=self.run.config.training.epochs))
        self.run = self.store.get(self.run.id)
        clean = data.clean()
        network = TrainedNetwork(self.store, self.run, self.run.config.training.device)
        probabilities = network.probabilities(clean.images, self.should_stop)
        accuracy = (probabilities.argmax(dim=1) == clean.targets).float().mean().item()
        self.store.report_clean_accuracy(self.claim, accuracy)
        if evaluation_split(self.run.config.training.protocol) == "validation":
            predict_split(self.store, self.run, "validation", network, data, self.should_stop)
        self.files.log(f"Clean training accuracy: {100 * accuracy:.2f}% ({len(clean):,} images)")
        if self.run.sweep_id is not None:
            return  # a sweep still chooses among its trials, and the test set is read when choosing is over
        test = predict_split(self.store, self.run, "test", network, data, self.should_stop)
        self.files.log(
            f"Test accuracy: {100 * test.accuracy:.2f}% ({len(test.targets):,} images, weights of epoch {test.epoch})"
        )

    # TrainingObserver

    def on_progress(self, progress: StepProgress) -> None:
        self._points.add(progress)
        told = RunProgress(
            stage="training",
            epoch=progress.epoch,
            batch=progress.batch,
            batches=progress.batches,
            loss=progress.loss,
            accuracy=progress.accuracy,
            images_per_second=progress.images_per_second,
            points=self._points.points,
        )
        with contextlib.suppress(StoreError):  # where a run is right now is not worth the run
            self.store.report_progress(self.claim, told)
        self.listener.on_progress(progress)

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        """The file first, then the row that tells of it, then the copies of both."""
        content = checkpoint_bytes(checkpoint)
        probabilities = eval_logits[torch.from_numpy(self._watched)].softmax(dim=1).numpy()
        with self.checkpoints.staged_last(content) as put:
            is_best = _insist(lambda: self.store.report_epoch(self.claim, metrics, probabilities, put))
        if is_best:
            self.checkpoints.keep_best(content)
        self.files.log(*epoch_lines(metrics), "")
        self.listener.on_epoch(metrics)

    def should_stop(self) -> bool:
        if self.listener.should_stop():
            return True
        now = time.monotonic()
        if now - self._asked_at < STOP_POLL_SECONDS:
            return False
        self._asked_at = now
        try:
            return self.store.stop_requested(self.claim)
        except StoreError:  # the database is away: whoever asked it to stop could not tell it either
            return False

    def _log_failure(self) -> None:
        with contextlib.suppress(LabError):  # the state tells of the failure even where the log cannot
            self.files.log(traceback.format_exc())
