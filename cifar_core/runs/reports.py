"""What the owner of a run tells the store. Each report raises ClaimLostError if the run is no longer the owner's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cifar_core.errors import StoreError
from cifar_core.protocol import EpochSplit
from cifar_core.runs.database import Database
from cifar_core.runs.owner import Owner
from cifar_core.runs.records import ACTIVE, Claim, ClaimLostError, RunProgress, RunState
from cifar_core.runs.rows import progress_json, utc_now
from cifar_core.runs.tables import EpochRow, EventRow, RunRow
from cifar_core.training.metrics import EpochMetrics


class OwnerReports:
    """The owner's side of the store."""

    _database: Database

    def stop_requested(self, claim: Claim) -> bool:
        """Whether a person asked to stop."""
        with self._database.reading() as session:
            query = select(RunRow.state).where(RunRow.id == claim.run_id, RunRow.fence == claim.fence)
            state = session.scalar(query)
        if state is None:
            raise ClaimLostError
        return state == RunState.STOPPING

    def beat(self, claim: Claim) -> None:
        """Counts on, so that the run is seen to live."""
        with self._database.writing() as session:
            row = session.scalar(_of_claim(claim))
            if row is not None:  # else it ended between two beats, or is somebody else's
                row.beat += 1

    def report_start(self, claim: Claim, device: str, environment: dict[str, str], note: str = "") -> None:
        """Stores what executes the run; `note` goes into its history."""
        with self._database.writing() as session:
            row = _owned(session, claim)
            row.device, row.environment_json = device, json.dumps(environment)
            if note:
                note_event(session, claim.run_id, RunState(row.state), note)

    def report_watched(self, claim: Claim, split: EpochSplit, index: np.ndarray) -> None:
        """Stores which images are watched: positions in the data set's test array, or (validation, train) its other."""
        watched = json.dumps({"split": split, "index": index.tolist()})
        with self._database.writing() as session:
            _owned(session, claim).watched_json = watched

    def report_progress(self, claim: Claim, progress: RunProgress) -> None:
        """Stores where the run is right now."""
        with self._database.writing() as session:
            _owned(session, claim).progress_json = progress_json(progress)

    def report_epoch(
        self,
        claim: Claim,
        metrics: EpochMetrics,
        probabilities: np.ndarray | None = None,
        publish: Callable[[], None] = lambda: None,
    ) -> bool:
        """Stores what an epoch measured, and the best and last figures with it, in one transaction.

        An epoch that is trained again, because its checkpoint was lost, takes the place of its first report.

        Args:
            claim: the owner's.
            metrics: of the epoch.
            probabilities: float32 [watched images, num_classes], after the epoch.
            publish: puts the epoch's file in its place. It runs while the store's write lock is held and the claim is
                known to be good: nobody can have taken the run over in between.

        Returns:
            Whether the epoch is the best so far; never of a refit.
        """
        told = None if probabilities is None else json.dumps(np.round(probabilities.astype(float), 4).tolist())
        with self._database.writing() as session:
            row = _owned(session, claim)
            session.merge(EpochRow(run_id=claim.run_id, **asdict(metrics), probabilities_json=told))
            session.flush()
            epochs = select(EpochRow.epoch, EpochRow.eval_accuracy).where(EpochRow.run_id == claim.run_id)
            if row.protocol != "refit":  # it chooses nothing: the accuracies are those of images that it trains on
                best = session.execute(epochs.order_by(EpochRow.eval_accuracy.desc(), EpochRow.epoch).limit(1)).one()
                row.best_epoch, row.best_accuracy = best
            if metrics.epoch >= row.epochs_done:
                row.epochs_done, row.last_accuracy = metrics.epoch, metrics.eval_accuracy
            row.spent_seconds += metrics.seconds
            is_best = row.best_epoch == metrics.epoch
            if is_best or row.protocol != "validation":
                # What was evaluated before the run went on stands for other weights.
                row.test_accuracy = row.clean_train_accuracy = None
            publish()
            return is_best

    def report_clean_accuracy(self, claim: Claim, accuracy: float) -> None:
        """Stores the clean training accuracy."""
        with self._database.writing() as session:
            _owned(session, claim).clean_train_accuracy = accuracy

    def report_end(self, claim: Claim, state: RunState, error: str | None = None) -> None:
        """Stores how the run ended; a run that has ended already keeps its end."""
        with self._database.writing() as session:
            row = _owned(session, claim)
            if row.state not in ACTIVE:
                return
            end_row(session, row, state, error, error or "")

    def record_test_accuracy(self, run_id: str, accuracy: float) -> None:
        """Stores the test accuracy of the checkpoint that the run's protocol chose; for whoever evaluated it.

        Raises:
            StoreError: the run was removed.
        """
        with self._database.writing() as session:
            row = session.get(RunRow, run_id)
            if row is None:
                raise StoreError(f"Run {run_id} was removed meanwhile.")
            row.test_accuracy = accuracy


def claim_row(session: Session, row: RunRow) -> Claim:
    """Makes the calling process the owner of a run."""
    owner = Owner.this_process()
    row.fence += 1
    row.state, row.started_at, row.finished_at, row.error = RunState.RUNNING, utc_now(), None, None
    row.owner_host, row.owner_pid, row.owner_started = owner.host, owner.pid, owner.started
    note_event(session, row.id, RunState.RUNNING)
    return Claim(row.id, row.fence)


def end_row(session: Session, row: RunRow, state: RunState, error: str | None = None, note: str = "") -> None:
    """Ends a run."""
    # A clock that was set back meanwhile must not let it end before it began.
    finished_at = max(utc_now(), row.started_at or row.created_at)
    row.state, row.error, row.progress_json, row.finished_at = state, error, None, finished_at
    note_event(session, row.id, state, note)


def note_event(session: Session, run_id: str, state: RunState, note: str = "") -> None:
    """Adds to a run's history."""
    session.add(EventRow(run_id=run_id, at=utc_now(), state=state, note=note))


def _of_claim(claim: Claim) -> Select[RunRow]:
    return select(RunRow).where(RunRow.id == claim.run_id, RunRow.fence == claim.fence)


def _owned(session: Session, claim: Claim) -> RunRow:
    row: RunRow | None = session.scalar(_of_claim(claim))
    if row is None:
        raise ClaimLostError
    return row
