"""RunStore: what is known about every run. The database row is authoritative; files lie in the run's folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.database import Database
from cifar_core.runs.owner import Owner
from cifar_core.runs.records import Claim, ClaimLostError, Run, RunProgress, RunState
from cifar_core.runs.rows import metrics_from_row, new_run_row, record_from_row, utc_now
from cifar_core.runs.tables import EpochRow, EventRow, RunRow
from cifar_core.settings import runs_folder, sqlite_url, store_url
from cifar_core.training.metrics import EpochMetrics

_ACTIVE = (RunState.RUNNING, RunState.STOPPING)


class RunStore:
    """The runs of one database and one folder. Safe to use from several threads and processes."""

    def __init__(self, url: str | None = None, folder: Path | None = None) -> None:
        """Opens the store; by default the one that the environment names.

        Raises:
            SpecError: the URL is unusable.
            StoreError: the database or its folder cannot be opened.
        """
        self.folder = (folder or runs_folder()).resolve()
        self.url = url or (sqlite_url(self.folder) if folder else store_url())
        self._database = Database(self.url)

    def close(self) -> None:
        """Closes the database connections."""
        self._database.close()

    # Making and finding runs

    def enqueue(self, config: RunConfig) -> Run:
        """Stores a new run for the background thread to take."""
        with self._database.writing() as session:
            row = new_run_row(config)
            session.add(row)
            session.flush()
            _note(session, row.id, RunState.QUEUED)
            return record_from_row(row)

    def start(self, config: RunConfig) -> Claim:
        """Stores a new run that the calling process executes itself, so that no other one takes it."""
        with self._database.writing() as session:
            row = new_run_row(config)
            session.add(row)
            session.flush()
            return _claim(session, row)

    def claim_next(self) -> Claim | None:
        """Takes the oldest queued run for the calling process; None if there is none."""
        with self._database.writing() as session:
            oldest = (
                select(RunRow).where(RunRow.state == RunState.QUEUED).order_by(RunRow.created_at, RunRow.id).limit(1)
            )
            row = session.scalar(oldest)
            return _claim(session, row) if row is not None else None

    def get(self, run_id: str) -> Run:
        """One run, by its id or an unambiguous beginning of it.

        Raises:
            SpecError: there is no such run, or there are several.
            StoreError: its stored configuration cannot be read.
        """
        self.mark_vanished()
        with self._database.reading() as session:
            rows = session.scalars(select(RunRow).where(RunRow.id.startswith(run_id, autoescape=True)).limit(2)).all()
        exact = [row for row in rows if row.id == run_id] or rows
        if not exact or not run_id:
            raise SpecError(f"There is no run {run_id!r}: `python -m cifar_core runs` lists them.")
        if len(exact) > 1:
            raise SpecError(f"Several runs begin with {run_id!r}: give more of the id.")
        return record_from_row(exact[0])

    def list_runs(self, limit: int = 50, offset: int = 0, states: Sequence[RunState] = ()) -> list[Run]:
        """Runs, newest first. One whose stored configuration cannot be read is left out, so that it hides no other."""
        self.mark_vanished()
        query = select(RunRow).order_by(RunRow.created_at.desc(), RunRow.id.desc()).limit(limit).offset(offset)
        if states:
            query = query.where(RunRow.state.in_(states))
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        return [run for run in map(_record_or_warn, rows) if run is not None]

    def count_runs(self, states: Sequence[RunState] = ()) -> int:
        """How many runs there are."""
        query = select(func.count()).select_from(RunRow)
        if states:
            query = query.where(RunRow.state.in_(states))
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def epochs(self, run_id: str) -> list[EpochMetrics]:
        """What each finished epoch of a run measured, in order."""
        with self._database.reading() as session:
            rows = session.scalars(select(EpochRow).where(EpochRow.run_id == run_id).order_by(EpochRow.epoch))
            return [metrics_from_row(row) for row in rows]

    def run_folder(self, run_id: str) -> Path:
        """Where a run's files lie. Ids are generated, so no person's text ever becomes a path."""
        return self.folder / run_id

    # What a person asks of a run

    def request_stop(self, run_id: str) -> Run:
        """Stops a run: a queued one at once, a running one within a batch.

        Raises:
            SpecError: it is over already.
        """
        run = self.get(run_id)
        with self._database.writing() as session:
            row = session.get_one(RunRow, run.id)
            if row.state == RunState.QUEUED:
                row.state, row.finished_at = RunState.STOPPED, utc_now()
                _note(session, row.id, RunState.STOPPED, "Stopped before it began.")
            elif row.state == RunState.RUNNING:
                row.state = RunState.STOPPING
                _note(session, row.id, RunState.STOPPING)
            elif row.state != RunState.STOPPING:
                raise SpecError(f"Run {run.id} is {row.state}: only a queued or running one can be stopped.")
            return record_from_row(row)

    def mark_vanished(self) -> None:
        """Runs whose process is gone become interrupted: what died must never be shown as running."""
        with self._database.reading() as session:
            active = session.scalars(select(RunRow).where(RunRow.state.in_(_ACTIVE))).all()
            gone = [(row.id, row.fence) for row in active if _owner(row).has_vanished()]
        for run_id, fence in gone:
            with self._database.writing() as session:
                # Only while it is still the same claim: a colleague may have marked it in the meantime.
                same = select(RunRow).where(RunRow.id == run_id, RunRow.fence == fence, RunRow.state.in_(_ACTIVE))
                row = session.scalar(same)
                if row is not None:
                    row.state, row.progress_json, row.finished_at = RunState.INTERRUPTED, None, utc_now()
                    row.error = "The process that trained it ended without finishing."
                    # The raised fence shuts out the old owner, should it only have seemed dead.
                    row.fence += 1
                    _note(session, run_id, RunState.INTERRUPTED)

    # What the owner of a run reports; each raises ClaimLostError if the run is no longer the owner's

    def stop_requested(self, claim: Claim) -> bool:
        """Whether a person asked to stop."""
        with self._database.reading() as session:
            query = select(RunRow.state).where(RunRow.id == claim.run_id, RunRow.fence == claim.fence)
            state = session.scalar(query)
        if state is None:
            raise ClaimLostError
        return state == RunState.STOPPING

    def report_start(self, claim: Claim, device: str, environment: dict[str, str]) -> None:
        """Stores what executes the run."""
        self._update(claim, device=device, environment_json=json.dumps(environment))

    def report_progress(self, claim: Claim, progress: RunProgress) -> None:
        """Stores where the run is right now."""
        self._update(claim, progress_json=json.dumps(asdict(progress)))

    def report_epoch(self, claim: Claim, metrics: EpochMetrics) -> None:
        """Stores what an epoch measured, and the best and last figures with it, in one transaction."""
        with self._database.writing() as session:
            row = _owned(session, claim)
            session.add(EpochRow(run_id=claim.run_id, **asdict(metrics)))
            row.epochs_done = metrics.epoch
            row.last_accuracy = metrics.eval_accuracy
            if row.best_accuracy is None or metrics.eval_accuracy > row.best_accuracy:
                row.best_epoch, row.best_accuracy = metrics.epoch, metrics.eval_accuracy

    def report_clean_accuracy(self, claim: Claim, accuracy: float) -> None:
        """Stores the clean training accuracy."""
        self._update(claim, clean_train_accuracy=accuracy)

    def report_end(self, claim: Claim, state: RunState, error: str | None = None) -> None:
        """Stores how the run ended."""
        with self._database.writing() as session:
            row = _owned(session, claim)
            row.state, row.error, row.progress_json, row.finished_at = state, error, None, utc_now()
            _note(session, claim.run_id, state, error or "")

    def _update(self, claim: Claim, **values: object) -> None:
        with self._database.writing() as session:
            row = _owned(session, claim)
            for column, value in values.items():
                setattr(row, column, value)

    # What anybody who evaluated a finished run reports

    def record_test_accuracy(self, run_id: str, accuracy: float) -> None:
        """Stores the test accuracy of the checkpoint that the run's protocol chose."""
        with self._database.writing() as session:
            session.get_one(RunRow, run_id).test_accuracy = accuracy


def _record_or_warn(row: RunRow) -> Run | None:
    try:
        return record_from_row(row)
    except StoreError as error:
        logging.getLogger(__name__).warning("%s", error)
        return None


def _claim(session: Session, row: RunRow) -> Claim:
    owner = Owner.this_process()
    row.fence += 1
    row.state, row.started_at, row.finished_at, row.error = RunState.RUNNING, utc_now(), None, None
    row.owner_host, row.owner_pid, row.owner_started = owner.host, owner.pid, owner.started
    _note(session, row.id, RunState.RUNNING)
    return Claim(row.id, row.fence)


def _owned(session: Session, claim: Claim) -> RunRow:
    row = session.scalar(select(RunRow).where(RunRow.id == claim.run_id, RunRow.fence == claim.fence))
    if row is None:
        raise ClaimLostError
    return row


def _owner(row: RunRow) -> Owner:
    return Owner(row.owner_host or "", row.owner_pid or 0, row.owner_started or 0.0)


def _note(session: Session, run_id: str, state: RunState, note: str = "") -> None:
    session.add(EventRow(run_id=run_id, at=utc_now(), state=state, note=note))
