"""What the store keeps of sweeps: each a row, and its number on the runs that are its trials."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.finding import RunFinder, id_by_part, record_or_warn
from cifar_core.runs.queue import add_queued
from cifar_core.runs.records import Run
from cifar_core.runs.rows import record_from_row, utc_now
from cifar_core.runs.tables import RunRow, SweepRow


class SweepState(StrEnum):
    """running -> stopping | completed | failed; stopping -> stopped; stopped, failed -> running by resume."""

    RUNNING = "running"
    """Goes on as soon as some program drives it."""
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether something will still happen to it by itself."""
        return self in (SweepState.RUNNING, SweepState.STOPPING)


@dataclass(frozen=True, slots=True)
class SweepRecord:
    """A sweep as the store knows it."""

    id: str
    name: str
    state: SweepState
    spec_json: str
    created_at: datetime
    """In UTC."""
    spent_seconds: float
    """That it was driven for, over all its sessions."""
    problem: str
    """Why it failed, or cannot go on right now; else empty."""
    cluster_json: str | None
    """Where its trials are trained; None for here."""
    jobs: int
    """How often it was submitted to its cluster."""
    job_tries: int
    """The same since a person started or resumed it; 0 where it is yet to be submitted."""

    def require_over(self) -> None:
        """Refuses what may be done to a sweep that is over alone.

        Raises:
            SpecError: it goes on.
        """
        if self.state.is_open:
            raise SpecError(f"Sweep {self.id} is {self.state}: stop it first.")


def new_sweep_id() -> str:
    """Of a sweep that is yet to be stored."""
    return f"s{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class SweepRows(RunFinder):
    """The store's sweeps."""

    def add_sweep(
        self, name: str, spec_json: str, cluster_json: str | None = None, sweep_id: str | None = None
    ) -> SweepRecord:
        """Stores a new sweep, for whoever drives sweeps to take up.

        Args:
            name: for people.
            spec_json: its search space.
            cluster_json: where its trials are trained; None for here.
            sweep_id: one of `new_sweep_id`, which the caller may hold already; None for a fresh one.
        """
        with self._database.writing() as session:
            row = SweepRow(
                id=sweep_id or new_sweep_id(),
                name=name,
                state=SweepState.RUNNING,
                spec_json=spec_json,
                created_at=utc_now(),
                cluster_json=cluster_json,
            )
            session.add(row)
            session.flush()
            return _record(row)

    def get_sweep(self, sweep_id: str) -> SweepRecord:
        """One sweep by its id, the beginning of it, at least its last six characters, or its name.

        Raises:
            SpecError: there is no such sweep, or there are several.
        """
        with self._database.reading() as session:
            row = session.get(SweepRow, sweep_id)
            return _record(row or session.get_one(SweepRow, id_by_part(session, SweepRow, sweep_id, "sweep")))

    def list_sweeps(self) -> list[SweepRecord]:
        """All of them, newest first."""
        with self._database.reading() as session:
            rows = session.scalars(select(SweepRow).order_by(SweepRow.created_at.desc(), SweepRow.id.desc()))
            return [_record(row) for row in rows]

    def count_sweep_time(self, sweep_id: str, seconds: float) -> SweepRecord:
        """Adds to the seconds that a sweep was driven for."""
        with self._database.writing() as session:
            row = _row(session, sweep_id)
            row.spent_seconds += seconds
            return _record(row)

    def end_sweep(self, sweep_id: str, state: SweepState, problem: str = "") -> None:
        """Ends a running sweep in a state; one that a person is stopping stops."""
        with self._database.writing() as session:
            row = _row(session, sweep_id)
            row.state = SweepState.STOPPED if row.state == SweepState.STOPPING else state
            row.problem = problem

    def delete_sweep(self, sweep_id: str) -> None:
        """Removes a sweep that is over; its runs stay, as runs of their own.

        Raises:
            SpecError: it goes on.
        """
        record = self.get_sweep(sweep_id)
        with self._database.writing() as session:
            row = _row(session, record.id)
            _record(row).require_over()
            session.execute(update(RunRow).where(RunRow.sweep_id == record.id).values(sweep_id=None, sweep_trial=None))
            session.delete(row)

    def note_sweep_problem(self, sweep_id: str, problem: str) -> None:
        """Says why a sweep cannot go on right now; it is tried again."""
        with self._database.writing() as session:
            _row(session, sweep_id).problem = problem

    def request_sweep_stop(self, sweep_id: str) -> SweepRecord:
        """Stops a sweep: its running trial is stopped too, and goes on when the sweep is resumed.

        Raises:
            SpecError: it is over already.
        """
        record = self.get_sweep(sweep_id)
        with self._database.writing() as session:
            row = _row(session, record.id)
            if row.state not in (SweepState.RUNNING, SweepState.STOPPING):
                raise SpecError(f"Sweep {record.id} is {row.state}: only a running one can be stopped.")
            row.state = SweepState.STOPPING
            return _record(row)

    def resume_sweep(self, sweep_id: str) -> SweepRecord:
        """Lets a sweep that was stopped, or failed, go on.

        One that is just stopping here goes on too; on a cluster the stop has been passed on already.

        Raises:
            SpecError: it is none of these.
        """
        record = self.get_sweep(sweep_id)
        with self._database.writing() as session:
            row = _row(session, record.id)
            is_stopping_here = row.state == SweepState.STOPPING and row.cluster_json is None
            if not is_stopping_here and row.state not in (SweepState.STOPPED, SweepState.FAILED):
                raise SpecError(f"Sweep {record.id} is {row.state}: only a stopped or failed one can be resumed.")
            row.state, row.problem, row.job_tries = SweepState.RUNNING, "", 0
            return _record(row)

    def launch_trial(self, sweep_id: str, number: int, config: RunConfig) -> Run:
        """Queues the run of a trial; the one that is there already where whoever queued it ended right behind that."""
        with self._database.writing() as session:
            there = select(RunRow).where(RunRow.sweep_id == sweep_id, RunRow.sweep_trial == number)
            row = session.scalar(there.limit(1))
            if row is None:
                row = add_queued(session, config)
                row.sweep_id, row.sweep_trial = sweep_id, number
            return record_from_row(row)

    def trial_run(self, sweep_id: str, number: int) -> Run | None:
        """The run of a trial; None if there is none, or its configuration cannot be read."""
        self.mark_vanished()
        query = select(RunRow).where(RunRow.sweep_id == sweep_id, RunRow.sweep_trial == number)
        with self._database.reading() as session:
            row = session.scalar(query.limit(1))
        return None if row is None else record_or_warn(row)

    def sweep_runs(self, sweep_id: str) -> dict[int, Run]:
        """The runs of a sweep by the number of their trial, the deleted ones too."""
        self.mark_vanished()
        query = select(RunRow).where(RunRow.sweep_id == sweep_id).order_by(RunRow.sweep_trial)
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        found = {row.sweep_trial: record_or_warn(row) for row in rows if row.sweep_trial is not None}
        return {number: run for number, run in found.items() if run is not None}

    def sweep_trials(self, sweep_id: str) -> set[int]:
        """Numbers of the trials that have a run, the deleted ones too."""
        query = select(RunRow.sweep_trial).where(RunRow.sweep_id == sweep_id)
        with self._database.reading() as session:
            return {number for number in session.scalars(query) if number is not None}

    def count_sweep_job(self, sweep_id: str) -> SweepRecord:
        """Says that a sweep is submitted to its cluster once more, before it is."""
        with self._database.writing() as session:
            row = _row(session, sweep_id)
            row.jobs, row.job_tries = row.jobs + 1, row.job_tries + 1
            return _record(row)

    def count_trials(self, sweep_id: str) -> int:
        """How many runs a sweep has."""
        query = select(func.count()).select_from(RunRow).where(RunRow.sweep_id == sweep_id)
        with self._database.reading() as session:
            return session.scalar(query) or 0


def _row(session: Session, sweep_id: str) -> SweepRow:
    row = session.get(SweepRow, sweep_id)
    if row is None:
        raise SpecError(f"Sweep {sweep_id} was removed meanwhile.")
    return row


def _record(row: SweepRow) -> SweepRecord:
    return SweepRecord(
        id=row.id,
        name=row.name,
        state=SweepState(row.state),
        spec_json=row.spec_json,
        created_at=row.created_at,
        spent_seconds=row.spent_seconds or 0.0,
        problem=row.problem or "",
        cluster_json=row.cluster_json,
        jobs=row.jobs or 0,
        job_tries=row.job_tries or 0,
    )
