"""The queue: what a person launches, stops and resumes, and who takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.finding import RunFinder, record_or_warn
from cifar_core.runs.records import Claim, Run, RunState
from cifar_core.runs.reports import claim_row, end_row, note_event
from cifar_core.runs.rows import launch_key, new_run_row, record_from_row
from cifar_core.runs.tables import RunRow


@dataclass(frozen=True, slots=True)
class Launch:
    """What came of a person's launch."""

    runs: tuple[Run, ...]
    added: int
    """How many of them are new; the others waited or trained already."""


class RunQueue(RunFinder):
    """The side of the store that those see who want runs trained, and those who train them."""

    def enqueue(self, config: RunConfig) -> Run:
        """Stores a new run for the background thread to take, whatever waits already."""
        with self._database.writing() as session:
            return record_from_row(add_queued(session, config))

    def launch(self, configs: Sequence[RunConfig], parent_id: str | None = None, as_group: bool = True) -> Launch:
        """Queues runs that a person asked for, each once.

        A run of the same configuration that waits or trains already stands for the one asked for: a double click, or
        the same button pressed in two browsers, makes one run.

        Args:
            configs: of the runs, all of which are queued or none.
            parent_id: the run whose settings were cloned.
            as_group: whether more than one become a group, which is what differs in its seed alone.
        """
        self.mark_vanished()  # what died stands for nothing
        runs, added = [], 0
        with self._database.writing() as session:
            group_id = None
            for config in configs:
                waiting = select(RunRow).where(
                    RunRow.launch_key == launch_key(config), RunRow.state.in_((RunState.QUEUED, RunState.RUNNING))
                )
                row = session.scalar(waiting)
                if row is None:
                    row, added = add_queued(session, config), added + 1
                    group_id = group_id or row.id
                    row.parent_id, row.group_id = parent_id, group_id if as_group and len(configs) > 1 else None
                runs.append(record_from_row(row))
        return Launch(tuple(runs), added)

    def start(self, config: RunConfig, parent_id: str | None = None) -> Claim:
        """Stores a new run that the calling process executes itself, so that no other one takes it.

        Args:
            config: of the run.
            parent_id: the run whose settings it has.
        """
        with self._database.writing() as session:
            row = _add(session, config)
            row.parent_id = parent_id
            return claim_row(session, row)

    def waiting(self, limit: int) -> list[Run]:
        """What waits, next one first."""
        with self._database.reading() as session:
            rows = session.scalars(_waiting().limit(limit)).all()
        return [run for run in map(record_or_warn, rows) if run is not None]

    def stop_waiting(self) -> int:
        """Stops everything that waits; returns how many runs that were."""
        with self._database.writing() as session:
            rows = session.scalars(_waiting()).all()
            for row in rows:
                end_row(session, row, RunState.STOPPED, note="Stopped while it waited.")
            return len(rows)

    def next_queued(self) -> tuple[str, str] | None:
        """The run that has waited longest: its id, and the device ("auto", "cpu", "cuda") that it wants."""
        with self._database.reading() as session:
            row = session.scalar(_waiting().limit(1))
        if row is None:
            return None
        try:
            return row.id, record_from_row(row).config.training.device
        except StoreError:
            return row.id, "auto"  # whoever takes it finds out what is wrong with it

    def claim_next(self, expected_id: str | None = None) -> Claim | None:
        """Takes the run that has waited longest for the calling process.

        Args:
            expected_id: what it should be; None for any.

        Returns:
            None if none waits, or another one is first by now.
        """
        with self._database.writing() as session:
            row = session.scalar(_waiting().limit(1))
            if row is None or expected_id not in (None, row.id):
                return None
            return claim_row(session, row)

    def resume(self, run_id: str) -> Run:
        """Queues a run that ended early, to go on from its last whole epoch.

        Raises:
            SpecError: it did not end early, or would only diverge again.
        """
        run = self.get(run_id)
        with self._database.writing() as session:
            row = _resumable(session, run.id)
            row.state, row.error, row.finished_at = RunState.QUEUED, None, None
            row.queue_position = _next_position(session)
            note_event(session, row.id, RunState.QUEUED, f"Resumed after epoch {row.epochs_done}.")
            return record_from_row(row)

    def resume_here(self, run_id: str) -> Claim:
        """The same, taken by the calling process.

        Raises:
            SpecError: as `resume`.
        """
        run = self.get(run_id)
        with self._database.writing() as session:
            return claim_row(session, _resumable(session, run.id))

    def request_stop(self, run_id: str, why: str = "") -> Run:
        """Stops a run: a queued one at once, a running one within a batch.

        Args:
            run_id: as for `get`.
            why: a sentence for its history; empty where a person wants it.

        Raises:
            SpecError: it is over already.
        """
        run = self.get(run_id)
        with self._database.writing() as session:
            row = session.get_one(RunRow, run.id)
            if row.state == RunState.QUEUED:
                end_row(session, row, RunState.STOPPED, note=why or "Stopped while it waited.")
            elif row.state == RunState.RUNNING:
                row.state = RunState.STOPPING
                note_event(session, row.id, RunState.STOPPING, why)
            elif row.state != RunState.STOPPING:
                raise SpecError(f"Run {run.id} is {row.state}: only a queued or running one can be stopped.")
            return record_from_row(row)


def _add(session: Session, config: RunConfig) -> RunRow:
    row = new_run_row(config, _next_position(session))
    session.add(row)
    session.flush()
    return row


def add_queued(session: Session, config: RunConfig) -> RunRow:
    """A new row that waits, in a transaction of the caller's."""
    row = _add(session, config)
    note_event(session, row.id, RunState.QUEUED)
    return row


def _next_position(session: Session) -> int:
    return (session.scalar(select(func.max(RunRow.queue_position))) or 0) + 1


def _waiting() -> Select[RunRow]:
    return select(RunRow).where(RunRow.state == RunState.QUEUED).order_by(RunRow.queue_position)


def _resumable(session: Session, run_id: str) -> RunRow:
    row = session.get_one(RunRow, run_id)
    if row.deleted_at is not None:
        raise SpecError(f"Run {run_id} was deleted: restore it to go on.")
    require_resumable(record_from_row(row))
    return row


def require_resumable(run: Run) -> None:
    """Raises SpecError, with a sentence, unless a run can be resumed."""
    if not run.state.can_resume:
        raise SpecError(
            f"Run {run.id} is {run.state}: only a stopped, failed or interrupted run can be resumed. "
            "Clone it to train anew."
        )
    if not run.can_resume:
        raise SpecError(
            f"Run {run.id} came in a package, which holds nothing of its optimizer: clone it to train anew."
        )
