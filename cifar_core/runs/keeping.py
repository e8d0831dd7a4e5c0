"""What a person does with runs that are there: names, notes, tags, deletion and its undoing."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError, StoreError
from cifar_core.files import write_atomically
from cifar_core.runs.config import RunConfig
from cifar_core.runs.finding import RunFinder, record_or_warn
from cifar_core.runs.records import UNFINISHED, Run
from cifar_core.runs.rows import as_json, launch_key, record_from_row, utc_now
from cifar_core.runs.tables import RunRow
from cifar_core.words import without_control_signs

MAX_NOTE, MAX_TAG, MAX_TAGS = 10_000, 40, 20


class RunKeeping(RunFinder):
    """Changes what runs are called, and throws them away."""

    folder: Path

    def rename(self, run_id: str, name: str) -> Run:
        """Gives a run another name, in its stored configuration too.

        Raises:
            SpecError: there is no such run, or the name is empty or longer than 80 characters.
            StoreError: its configuration cannot be read.
        """
        run = self.get(run_id)
        config = run.config.changed(name=" ".join(without_control_signs(name).split()))
        with self._database.writing() as session:
            row = _row(session, run.id)
            row.name, row.config_json, row.launch_key = config.name, config.model_dump_json(), launch_key(config)
            renamed = record_from_row(row)
        self._rewrite_copy(run.id, config)
        return renamed

    def set_note(self, run_id: str, note: str, before: str | None = None) -> Run:
        """Writes a note on a run in place of the one before; an empty one takes it away.

        Args:
            run_id: the run.
            note: at most 10,000 characters.
            before: the note that the writer saw; another one that somebody wrote meanwhile is not overwritten.

        Raises:
            SpecError: there is no such run, the note is too long, or is another one than `before` by now.
        """
        if len(note) > MAX_NOTE:
            raise SpecError(f"The note has {len(note):,} characters: at most {MAX_NOTE:,} are kept.")
        (whole_id,) = self.find_ids([run_id])
        with self._database.writing() as session:
            row = _row(session, whole_id)
            if before is not None and row.note != before:
                raise SpecError(
                    f"The note on run {whole_id} was changed meanwhile. Yours was not kept; it said: {note}"
                )
            row.note = without_control_signs(note).strip()
            return record_from_row(row)

    def set_tags(self, run_id: str, tags: Sequence[str]) -> Run:
        """Gives a run these tags and no others; case and order make no difference between two.

        Raises:
            SpecError: there is no such run, or a tag is empty, too long, or one too many.
        """
        kept = kept_tags(tags)
        (whole_id,) = self.find_ids([run_id])
        with self._database.writing() as session:
            row = _row(session, whole_id)
            row.tags_json = as_json(kept)
            return record_from_row(row)

    def change_tags(self, run_ids: Sequence[str], added: Sequence[str] = (), removed: Sequence[str] = ()) -> None:
        """Adds tags to runs and takes some from them, all or none; what else they are tagged with stays.

        Raises:
            SpecError: there is no such run, or a tag is empty, too long, or one too many for one of them.
        """
        ids, gone = self.find_ids(run_ids), {tag.casefold() for tag in removed}
        with self._database.writing() as session:
            for row in (_row(session, run_id) for run_id in ids):
                own = [tag for tag in json.loads(row.tags_json) if tag.casefold() not in gone]
                row.tags_json = as_json(kept_tags([*own, *added]))

    def delete(self, run_ids: Sequence[str]) -> list[Run]:
        """Takes runs out of every list, all or none; their files stay until they are purged.

        Returns:
            The runs, but for those whose configuration cannot be read.

        Raises:
            SpecError: there is no such run, or one of them waits or trains.
        """
        ids = self.find_ids(run_ids)
        with self._database.writing() as session:
            rows = [_row(session, run_id) for run_id in ids]
            for row in rows:
                if row.state in UNFINISHED:
                    raise SpecError(f"Run {row.id} is {row.state}: stop it before it is deleted.")
                row.deleted_at = row.deleted_at or utc_now()
            return [run for run in map(record_or_warn, rows) if run is not None]

    def restore(self, run_ids: Sequence[str]) -> list[Run]:
        """Undoes a deletion.

        Returns:
            As `delete`.

        Raises:
            SpecError: there is no such run any more, or one of them was not deleted; nothing changes then.
        """
        ids = self.find_ids(run_ids, deleted=True)
        with self._database.writing() as session:
            rows = [_row(session, run_id) for run_id in ids]
            there = next((row.id for row in rows if row.deleted_at is None), None)
            if there is not None:
                raise SpecError(f"Run {there} was not deleted: there is nothing to restore.")
            for row in rows:
                row.deleted_at = None
            return [run for run in map(record_or_warn, rows) if run is not None]

    def purge(self, run_ids: Sequence[str] | None = None) -> int:
        """Removes deleted runs for good, with their files.

        Args:
            run_ids: which; None for all that are deleted, but for those that somebody restores or removes meanwhile.

        Returns:
            How many runs were removed.

        Raises:
            SpecError: there is no such run, or one of them was not deleted before; nothing is removed then.
            StoreError: a run's files cannot be removed; it then stays, deleted.
        """
        if run_ids is None:
            with self._database.reading() as session:
                ids = list(session.scalars(select(RunRow.id).where(RunRow.deleted_at.is_not(None))))
        else:
            ids = self.require_deleted(run_ids)
        return sum(self._remove(run_id) for run_id in ids)

    def require_deleted(self, run_ids: Sequence[str]) -> list[str]:
        """The whole ids of runs that are all deleted.

        Raises:
            SpecError: there is no such run, or one of them is not deleted.
        """
        ids = self.find_ids(run_ids, deleted=True)
        there = select(RunRow.id).where(RunRow.id.in_(ids), RunRow.deleted_at.is_(None)).limit(1)
        with self._database.reading() as session:
            if (run_id := session.scalar(there)) is not None:
                raise SpecError(f"Run {run_id} is not deleted: delete it first.")
        return ids

    def _remove(self, run_id: str) -> bool:
        with self._database.writing() as session:
            row = session.get(RunRow, run_id)
            if row is None or row.deleted_at is None:
                return False
            # Files before the row: whoever ends in between leaves a deleted run, and no files that nobody knows.
            _remove_files(self.folder / run_id)
            session.delete(row)
            return True

    def measure_sizes(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Counts and stores the bytes of runs' files; by run id."""
        sizes = {run_id: _size(self.folder / run_id) for run_id in run_ids}
        with self._database.writing() as session:
            for row in session.scalars(select(RunRow).where(RunRow.id.in_(sizes))):
                row.size_bytes = sizes[row.id]
        return sizes

    def _rewrite_copy(self, run_id: str, config: RunConfig) -> None:
        path = self.folder / run_id / "config.json"
        if path.exists():
            try:
                write_atomically(path, config.to_json().encode())
            except StoreError as error:  # the database has the new name, and it decides
                logging.getLogger(__name__).warning("%s", error)


def kept_tags(tags: Sequence[str]) -> list[str]:
    """Tags as they are kept: in alphabetical order, without those that differ from another one in case alone.

    Raises:
        SpecError: a tag is empty, too long, or one too many.
    """
    plain = (" ".join(without_control_signs(tag).split()) for tag in tags)
    kept = sorted({tag.casefold(): tag for tag in plain}.values(), key=str.casefold)
    if len(kept) > MAX_TAGS:
        raise SpecError(f"These are {len(kept)} tags: a run has at most {MAX_TAGS}.")
    for tag in kept:
        if not 1 <= len(tag) <= MAX_TAG:
            raise SpecError(f"The tag {tag[:MAX_TAG]!r} has {len(tag)} characters: it must have 1 to {MAX_TAG}.")
    return kept


def _row(session: Session, run_id: str) -> RunRow:
    row = session.get(RunRow, run_id)
    if row is None:
        raise SpecError(f"Run {run_id} was removed meanwhile.")
    return row


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone since it was listed
            size += path.stat().st_size if path.is_file() else 0
    return size


def _remove_files(folder: Path) -> None:
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be removed: {error.strerror or error}.") from None
