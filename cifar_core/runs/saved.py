"""Architectures and augmentations that people saved by name, in the store beside the runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec, find_preset, preset_names
from cifar_core.data import AugmentationSpec, augmentation_names, find_augmentation
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.database import Database
from cifar_core.runs.rows import utc_now
from cifar_core.runs.tables import SavedSpecRow
from cifar_core.words import moment

MAX_NAME = 80
"""Characters of a name, as in a spec's own."""

_UNSHOWABLE = ("Cc", "Cs")
"""Unicode's categories of control signs and of halves of pairs."""

Spec = TypeVar("Spec", ArchitectureSpec, AugmentationSpec)


class NameTakenError(SpecError):
    """Something is saved under this name already: only on request is it replaced."""


@dataclass(frozen=True, slots=True)
class Saved(Generic[Spec]):
    """A spec that was saved under a name."""

    name: str
    spec: Spec
    """It carries the name, so that what is made from it does too."""
    preset: str | None
    """Of an architecture: the preset that it was made from, which names its default augmentation and recipe."""
    saved_at: datetime
    """In UTC."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something saved that is damaged, or was written by another version."""

    name: str
    problem: str
    """One sentence that says what is wrong."""


class SavedSpecs(Generic[Spec]):
    """What one kind of spec was saved as. Safe to use from several threads and processes."""

    def __init__(self, database: Database, kind: str, model: type[Spec], reserved: Callable[[], Iterable[str]]) -> None:
        """Looks into an open database.

        Args:
            database: which keeps them.
            kind: "architecture" or "augmentation".
            model: class of the specs.
            reserved: gives the names that nothing saved may have; asked when something is saved.
        """
        self._model: type[Spec] = model
        self._database, self._kind, self._reserved = database, kind, reserved

    def save(self, name: str, spec: Spec, preset: str | None = None, replace: bool = False) -> Saved[Spec]:
        """Saves a spec under a name, which becomes the spec's own.

        Args:
            name: 1 to 80 characters; white space around it is dropped. Case makes no difference between two names.
            spec: to be saved.
            preset: of an architecture, the preset that it was made from.
            replace: whether to replace what has this name already.

        Raises:
            NameTakenError: something has this name already, and it is not to be replaced.
            SpecError: the name is empty, too long, a preset's, or cannot be shown.
        """
        name = self._usable(name)
        saved = Saved(name, spec.changed(name=name), preset, utc_now())
        with self._database.writing() as session:
            row = self._row(session, name)
            if row is not None and not replace:
                raise NameTakenError(
                    f"There is a saved {self._kind} {row.name!r} already: choose another name, or replace it."
                )
            if row is None:
                row = SavedSpecRow(kind=self._kind, folded_name=_folded(name))
                session.add(row)
            row.name, row.spec_json = name, saved.spec.model_dump_json()
            row.preset, row.saved_at = preset, saved.saved_at
        return saved

    def read(self) -> tuple[list[Saved[Spec]], list[Unreadable]]:
        """Everything saved, by name; and what of it cannot be read, so that it hides no other."""
        query = select(SavedSpecRow).where(SavedSpecRow.kind == self._kind).order_by(SavedSpecRow.folded_name)
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        readable, unreadable = [], []
        for row in rows:
            try:
                readable.append(self._saved(row))
            except StoreError as error:
                unreadable.append(Unreadable(row.name, str(error)))
        return readable, unreadable

    def get(self, name: str) -> Saved[Spec] | None:
        """What was saved under a name; None if nothing was.

        Raises:
            StoreError: it cannot be read.
        """
        with self._database.reading() as session:
            row = self._row(session, name)
        return None if row is None else self._saved(row)

    def delete(self, name: str) -> Saved[Spec] | None:
        """Deletes what was saved under a name.

        Returns:
            What it was, so that it can be saved again; None if nothing readable had this name.
        """
        with self._database.writing() as session:
            row = self._row(session, name)
            if row is None:
                return None
            session.delete(row)
        try:
            return self._saved(row)
        except StoreError:
            return None

    def _row(self, session: Session, name: str) -> SavedSpecRow | None:
        return session.get(SavedSpecRow, (self._kind, _folded(name)))

    def _saved(self, row: SavedSpecRow) -> Saved[Spec]:
        try:
            return Saved(row.name, _parsed(self._model, row.spec_json), row.preset, row.saved_at)
        except SpecError as error:
            what = f"The saved {self._kind} {row.name!r} cannot be read"
            raise StoreError(f"{what}: delete it, or save another one under its name. {error}") from None

    def _usable(self, name: str) -> str:
        name = " ".join(name.split())
        if not 1 <= len(name) <= MAX_NAME:
            raise SpecError(f"The name has {len(name)} characters: it must have 1 to {MAX_NAME}.")
        is_visible = any(sign.isprintable() and not sign.isspace() for sign in name)
        if not is_visible or any(unicodedata.category(sign) in _UNSHOWABLE for sign in name):
            raise SpecError(f"The name {name!r} has signs that cannot be shown: write it with others.")
        if _folded(name) in map(_folded, self._reserved()):
            raise SpecError(f"{name!r} is the name of a preset: choose another one.")
        return name


def saved_architectures(database: Database) -> SavedSpecs[ArchitectureSpec]:
    """The networks saved in a database."""
    return SavedSpecs(database, "architecture", ArchitectureSpec, _names_of_networks)


def saved_augmentations(database: Database) -> SavedSpecs[AugmentationSpec]:
    """The augmentations saved in a database."""
    return SavedSpecs(database, "augmentation", AugmentationSpec, _names_of_augmentations)


def as_preset(saved: Saved[ArchitectureSpec]) -> ArchitecturePreset:
    """A saved network in the form of a preset, for whoever chooses among both."""
    known = find_preset(saved.preset) if saved.preset in preset_names() else None
    return ArchitecturePreset(
        name=saved.name,
        title=saved.name,
        teaches=f"Saved on {moment(saved.saved_at)} (UTC){f', made from {known.title}' if known else ''}.",
        spec=saved.spec,
        augmentation=known.augmentation if known else "assignment",
        recipe=known.recipe if known else "quick",
    )


# Titles too: lists show them beside what is saved.


def _names_of_networks() -> list[str]:
    return [text for name in preset_names() for text in (name, find_preset(name).title)]


def _names_of_augmentations() -> list[str]:
    return [text for name in augmentation_names() for text in (name, find_augmentation(name).title)]


def _folded(name: str) -> str:
    """A name as it is compared; signs that no database takes (half a pair, of a damaged argument) become "?"."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return folded.encode(errors="replace").decode()


@lru_cache(maxsize=256)
def _parsed(model: type[Spec], spec_json: str) -> Spec:
    # A page reads the whole list on every run, and checking a network takes milliseconds.
    return model.parse(spec_json)
