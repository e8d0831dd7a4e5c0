"""Takes runs into the store that were trained elsewhere: their files and their rows, or nothing."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError, StoreError
from cifar_core.files import rename
from cifar_core.runs.database import Database
from cifar_core.runs.records import RunState
from cifar_core.runs.report_texts import ReportText
from cifar_core.runs.reports import note_event
from cifar_core.runs.tables import EpochRow, ReportTextRow, RunRow, StoreInfoRow

UNFINISHED_MARK = ".unfinished"
"""A file in the folder of a run whose row may not be there yet."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run that is about to come in."""

    row: RunRow
    epochs: list[EpochRow]
    note: str
    """For its history: where it came from."""
    text: ReportText
    """A person's words on it."""
    files: Path
    """A folder beside that of the run, which becomes the run's; it holds an `UNFINISHED_MARK`."""


class RunAdoption:
    """The side of the store that runs come in by which were not trained here."""

    _database: Database
    folder: Path

    def adopt(self, arrivals: Sequence[Arrival], as_examples: bool = False) -> bool:
        """Takes runs in, all or none.

        The files get their place within the transaction that stores the rows, as an epoch's do.

        Args:
            arrivals: the runs.
            as_examples: only where `wants_examples` still says so, and never again afterwards.

        Returns:
            Whether they were taken in.

        Raises:
            SpecError: one of them is here already.
            StoreError: files or rows cannot be stored; nothing of them is left then.
        """
        placed: list[Path] = []
        try:
            with self._database.writing() as session:
                if as_examples:
                    if not _wants_examples(session):
                        return False
                    session.execute(update(StoreInfoRow).values(has_examples=True))
                for arrival in arrivals:
                    _add_rows(session, arrival)
                    placed.append(_place(arrival.files, self.folder / arrival.row.id))
        except BaseException:
            for folder in placed:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        for folder in placed:
            with contextlib.suppress(OSError):  # it says nothing any more, now that there is a row
                (folder / UNFINISHED_MARK).unlink()
        return True

    def wants_examples(self) -> bool:
        """Whether there is no run, not even a deleted one, and the examples were never here."""
        with self._database.reading() as session:
            return _wants_examples(session)


def _wants_examples(session: Session) -> bool:
    had = session.scalar(select(StoreInfoRow.has_examples))
    return not had and not session.scalar(select(func.count()).select_from(RunRow))


def _add_rows(session: Session, arrival: Arrival) -> None:
    here = session.get(RunRow, arrival.row.id)
    if here is not None:
        deleted = ", deleted: restore it" if here.deleted_at else ""
        raise SpecError(f"Run {here.id} is in this store already{deleted}.")
    session.add(arrival.row)
    session.flush()
    session.add_all(arrival.epochs)
    if arrival.text != ReportText():
        session.add(ReportTextRow(run_id=arrival.row.id, target=arrival.text.target, analysis=arrival.text.analysis))
    note_event(session, arrival.row.id, RunState(arrival.row.state), arrival.note)
    session.flush()


def _place(files: Path, folder: Path) -> Path:
    """Gives files the run's folder as their place; what a process left there that ended in the middle of this goes."""
    if (folder / UNFINISHED_MARK).exists():
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise StoreError(f"{folder} is in the way: no run of this store owns it, so move it elsewhere first.")
    rename(files, folder)
    return folder
