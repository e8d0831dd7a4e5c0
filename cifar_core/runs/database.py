"""Opening the database: SQLite in WAL mode by default, any SQLAlchemy URL else."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from cifar_core.errors import SpecError, StoreError
from cifar_core.files import make_folder
from cifar_core.runs.migrations import migrate
from cifar_core.runs.tables import SCHEMA_VERSION, StoreInfoRow, Table

BUSY_SECONDS = 15
"""How long a statement waits for another process's write lock."""


class Database:
    """Sessions on one database, with errors turned into sentences."""

    def __init__(self, url: str) -> None:
        """Opens the database and makes its tables if it is new.

        Raises:
            SpecError: the URL is no database URL, or its driver is not installed.
            StoreError: the database cannot be opened, or is of a newer schema version.
        """
        self.url = url
        try:
            parsed = make_url(url)
            self._engine = _engine(url)
        # ValueError: a port that is no number.
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            shown, reason = _without_password(url), str(error).splitlines()[0].rstrip(".")
            raise SpecError(
                f"CIFAR_LAB_STORE is {shown!r}, which is no database URL that works here: {reason}."
            ) from None
        self._shown = parsed.render_as_string(hide_password=True)
        self._writer = self._engine.execution_options(writes=True)
        self._prepare()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state."""
        with self._sentences(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the write lock from its first statement and commits at the end."""
        with self._sentences(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def _prepare(self) -> None:
        """Makes or migrates the tables; a store that is up to date is opened without waiting for its write lock."""
        with self.reading() as session:
            if self._version(session) == SCHEMA_VERSION:
                return
        with self.writing() as session:
            found, connection = self._version(session), session.connection()
            if found is not None:
                migrate(connection, found)
            Table.metadata.create_all(connection)
            if found is None:
                session.add(StoreInfoRow(schema_version=SCHEMA_VERSION))
            else:
                session.execute(update(StoreInfoRow).values(schema_version=SCHEMA_VERSION))

    def _version(self, session: Session) -> int | None:
        """Of the store; None for a new one."""
        if not inspect(session.connection()).has_table(StoreInfoRow.__tablename__):
            return None
        found: int | None = session.scalar(select(StoreInfoRow.schema_version))
        if found is not None and found > SCHEMA_VERSION:
            raise StoreError(
                f"The run store {self._shown} has schema version {found}; "
                f"this version of CIFAR Lab reads {SCHEMA_VERSION}."
            )
        return found

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StoreError(f"The run store {self._shown} cannot be used: {reason}.") from error


def _without_password(url: str) -> str:
    """The URL for a sentence, also where it cannot be parsed."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url)
    if parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:"):
        # Every process would have another one, and the runs would be gone with it.
        raise ArgumentError("a file is needed, as in sqlite:////folder/runs.db")
    if parsed.database:
        make_folder(Path(parsed.database).parent)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    # The driver's own implicit BEGIN is deferred: a reader that turns writer then fails at once instead of waiting.
    connection.isolation_level = None
    _switch_to_wal(connection)
    # FULL: an epoch that was told of is still there after a power cut; the few writes a second cost nothing.
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Insists: SQLite answers "locked" at once, without its busy timeout, while another process does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
