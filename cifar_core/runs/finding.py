"""What the store knows of its runs. Each look turns runs whose process is gone into interrupted ones."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, undefer

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.beats import BeatWatch
from cifar_core.runs.database import Database
from cifar_core.runs.owner import Owner
from cifar_core.runs.records import ACTIVE, Event, Run, RunState, Watched
from cifar_core.runs.reports import end_row
from cifar_core.runs.rows import metrics_from_row, record_from_row, watched_from_rows
from cifar_core.runs.tables import EpochRow, EventRow, RunRow, SweepRow
from cifar_core.training.metrics import EpochMetrics

ID_ENDING = 6
"""Characters of a run's id, from behind, that pages show, and by which it is found too."""


NAMED = 3
"""Ids that are told of those that bear the same name."""


class RunFinder:
    """The reader's side of the store."""

    _database: Database
    _watch: BeatWatch

    def get(self, run_id: str) -> Run:
        """One run, deleted or not, by its id, the beginning of it, at least its last six characters, or its name.

        Raises:
            SpecError: there is no such run, or there are several.
            StoreError: its stored configuration cannot be read.
        """
        self.mark_vanished()
        with self._database.reading() as session:
            row = session.get(RunRow, run_id)
            return record_from_row(row or session.get_one(RunRow, id_by_part(session, RunRow, run_id, "run")))

    def find_ids(self, named: Sequence[str], deleted: bool = False) -> list[str]:
        """Whole ids of runs that are named as for `get`, each once; runs are found whose configuration is damaged too.

        Args:
            named: the runs.
            deleted: whether a name means a deleted run before one that is there.

        Raises:
            SpecError: there is no such run, or there are several.
        """
        self.mark_vanished()
        with self._database.reading() as session:
            here = set(session.scalars(select(RunRow.id).where(RunRow.id.in_(named))))
            return list(
                dict.fromkeys(
                    name if name in here else id_by_part(session, RunRow, name, "run", deleted) for name in named
                )
            )

    def group(self, group_id: str) -> list[Run]:
        """The runs that were launched together, in the order of their launch, without the deleted ones."""
        self.mark_vanished()
        together = and_(RunRow.group_id == group_id, RunRow.deleted_at.is_(None))
        query = select(RunRow).where(together).order_by(RunRow.created_at, RunRow.id)
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        return [run for run in map(record_or_warn, rows) if run is not None]

    def epochs(self, run_id: str) -> list[EpochMetrics]:
        """What each finished epoch of a run measured, in order."""
        with self._database.reading() as session:
            return [metrics_from_row(row) for row in session.scalars(_epochs_of(run_id))]

    def watched(self, run_id: str) -> Watched | None:
        """What the network said of its watched images after every epoch; None before there is anything."""
        with self._database.reading() as session:
            told = session.scalar(select(RunRow.watched_json).where(RunRow.id == run_id))
            epochs = _epochs_of(run_id).options(undefer(EpochRow.probabilities_json))
            return watched_from_rows(told, session.scalars(epochs).all())

    def history(self, run_id: str) -> list[Event]:
        """What happened to a run, in order."""
        events = select(EventRow).where(EventRow.run_id == run_id).order_by(EventRow.id)
        with self._database.reading() as session:
            return [Event(row.at, RunState(row.state), row.note) for row in session.scalars(events)]

    def why_stopped(self, run_id: str) -> str:
        """What is noted of a run's last stop; empty where a person stopped it while it trained."""
        stops = select(EventRow.note).where(
            EventRow.run_id == run_id, EventRow.state.in_((RunState.STOPPING, RunState.STOPPED))
        )
        with self._database.reading() as session:
            # A stop is asked for and then takes place: two events, unless the run only waited.
            notes = session.scalars(stops.order_by(EventRow.id.desc()).limit(2)).all()
        return next(filter(None, notes), "")

    def mark_vanished(self) -> None:
        """Runs whose process is gone become interrupted: what died must never be shown as running."""
        with self._database.reading() as session:
            active = session.scalars(select(RunRow).where(RunRow.state.in_(ACTIVE))).all()
            gone = [(row.id, row.fence, row.beat) for row in active if self._is_gone(row)]
        for run_id, fence, beat in gone:
            with self._database.writing() as session:
                # Only while nothing has moved: a colleague may have marked it in the meantime, or its owner counted on.
                still = (RunRow.id == run_id, RunRow.fence == fence, RunRow.beat == beat, RunRow.state.in_(ACTIVE))
                row = session.scalar(select(RunRow).where(*still))
                if row is not None:
                    end_row(session, row, RunState.INTERRUPTED, "The process that trained it ended without finishing.")
                    # The raised fence shuts out the old owner, should it only have seemed dead.
                    row.fence += 1

    def _is_gone(self, row: RunRow) -> bool:
        owner = Owner(row.owner_host or "", row.owner_pid or 0, row.owner_started or 0.0)
        # Its own process is judged by nobody's clock: whoever asks lives.
        is_own = owner == Owner.this_process()
        return not is_own and (owner.has_vanished() or self._watch.stands_still(row.id, (row.fence, row.beat)))


def id_by_part(
    session: Session, table: type[RunRow] | type[SweepRow], part: str, what: str, deleted: bool = False
) -> str:
    """The one id that begins with a part, or ends with at least six characters of it; else that of the one name.

    Args:
        session: to read with.
        table: of the ids and names.
        part: as a person gave it.
        what: it is an id of, as in "run".
        deleted: whether a name means a deleted run before one that is there.

    Raises:
        SpecError: there is none, or there are several: what deletes by a name must not hit what is merely numbered so.
    """
    found = table.id.startswith(part, autoescape=True)
    if len(part) >= ID_ENDING:
        found = or_(found, table.id.endswith(part, autoescape=True))
    ids = session.scalars(select(table.id).where(found).limit(2)).all() if part else []
    named = _ids_by_name(session, table, part, deleted)
    if len(named) > 1:
        raise SpecError(f"Several {what}s are called {part!r}: give the id of one, as {' or '.join(named)}.")
    others = [each for each in ids if each not in named]
    if named and others:
        raise SpecError(
            f"{part!r} is the name of {what} {named[0]}, and part of the id of {others[0]}: give the whole id of one."
        )
    if len(ids) > 1:
        raise SpecError(f"Several {what}s match {part!r}: give more of the id.")
    if not ids and not named:
        raise SpecError(f"There is no {what} {part!r} in this store.")
    return (*ids, *named)[0]


def _ids_by_name(session: Session, table: type[RunRow] | type[SweepRow], name: str, deleted: bool) -> Sequence[str]:
    """A few of those with a name, newest first: the deleted ones, or those that are there, and else the others."""
    named = select(table.id).where(table.name == name).order_by(table.created_at.desc()).limit(NAMED)
    if table is not RunRow:
        return session.scalars(named).all()
    are = RunRow.deleted_at.is_not(None) if deleted else RunRow.deleted_at.is_(None)
    return session.scalars(named.where(are)).all() or session.scalars(named.where(~are)).all()


def _epochs_of(run_id: str) -> Select[EpochRow]:
    return select(EpochRow).where(EpochRow.run_id == run_id).order_by(EpochRow.epoch)


def record_or_warn(row: RunRow) -> Run | None:
    """A run; None, and a line in the program's log, where its configuration cannot be read: it hides no other."""
    try:
        return record_from_row(row)
    except StoreError as error:
        logging.getLogger(__name__).warning("%s", error)
        return None
