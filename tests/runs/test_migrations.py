"""Stores that earlier versions wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from cifar_core.runs import Run, RunFilter, RunOrigin, RunState, RunStore
from cifar_core.runs.tables import SCHEMA_VERSION
from cifar_core.settings import sqlite_url
from tests.tiny import run_python, some_metrics, tiny_config

SAME_TYPE = {"REAL": "DOUBLE", "TIMESTAMP": "DATETIME"}
VERSION_1 = Path(__file__).with_name("store_version_1.sql").read_text()
"""A completed run, a queued one, and one stopped before it began, as version 1 wrote them."""

SINCE_5 = ("sweep_id", "sweep_trial")
"""Columns of a run that version 5 did not have yet."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "runs.db")) as database:
        database.executescript(VERSION_1)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=folder)) as store:
        yield store


def by_name(store: RunStore) -> dict[str, Run]:
    return {run.name: run for run in store.list_runs()}


def test_version_1_is_read_with_everything_in_it(store: RunStore) -> None:
    runs = by_name(store)
    assert {name: run.state for name, run in runs.items()} == {
        "done": RunState.COMPLETED,
        "waits": RunState.QUEUED,
        "waits behind": RunState.STOPPED,
    }
    done = runs["done"]
    assert (done.epochs_done, done.best_epoch, done.best_accuracy, done.last_accuracy) == (2, 1, 0.5, 0.25)
    assert (done.test_accuracy, done.clean_train_accuracy, done.device) == (0.5, 0.75, "CPU")
    assert store.epochs(done.id) == [some_metrics(1), some_metrics(2, eval_accuracy=0.25)]
    assert done.spent_seconds == 2 * 0.75
    assert (done.parent_id, done.group_id, store.watched(done.id)) == (None, None, None)


def test_what_waited_in_version_1_is_taken_up_before_what_comes_now(store: RunStore) -> None:
    store.enqueue(tiny_config("new"))
    claims = [store.claim_next() for _ in range(2)]
    assert [store.get(claim.run_id).name for claim in claims if claim is not None] == ["waits", "new"]


def test_a_run_of_version_1_can_be_resumed(store: RunStore) -> None:
    assert store.resume(by_name(store)["waits behind"].id).state == RunState.QUEUED


def test_what_a_configuration_says_stands_in_columns_after_a_migration(store: RunStore) -> None:
    new = store.enqueue(tiny_config("done"))
    runs = {run.id: run for run in store.find_runs(RunFilter(datasets=("digits",), protocols=("validation",)))}
    assert len(runs) == 4
    assert {run.train_images for run in runs.values()} == {256}
    assert new.origin == RunOrigin.TRAINED
    assert all(run.origin == RunOrigin.TRAINED and run.deleted_at is None and not run.tags for run in runs.values())


@pytest.mark.parametrize("version", [3, 5])
def test_a_run_that_was_there_before_a_new_field_stands_in_one_family_with_a_run_after_it(
    tmp_path: Path, version: int
) -> None:
    with closing(RunStore(folder=tmp_path)) as store:
        store.enqueue(tiny_config("before"))
    with closing(sqlite3.connect(tmp_path / "runs.db")) as database, database:
        for change in ("DROP INDEX run_by_sweep", *(f"ALTER TABLE run DROP COLUMN {name}" for name in SINCE_5)):
            database.execute(change)
        database.execute("UPDATE store_info SET schema_version = ?", (version,))
        database.execute("UPDATE run SET family = 'by the fields that there were then'")
    with closing(RunStore(folder=tmp_path)) as store:
        after = store.enqueue(tiny_config("after"))
        assert {run.family for run in store.find_runs()} == {after.family}


def test_a_run_whose_configuration_is_damaged_hinders_no_migration(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "runs.db")) as database, database:
        database.execute("UPDATE run SET config_json = '{' WHERE name = 'waits'")
    with closing(RunStore(folder=folder)) as store:
        assert {run.name for run in store.find_runs()} == {"done", "waits behind"}


def test_a_migrated_store_has_the_columns_of_a_new_one(store: RunStore, tmp_path: Path) -> None:
    with closing(RunStore(folder=tmp_path / "new")) as new:
        assert columns(store.url) == columns(new.url)


def test_a_migrated_store_has_the_indexes_of_a_new_one(store: RunStore, tmp_path: Path) -> None:
    with closing(RunStore(folder=tmp_path / "new")) as new:
        assert indexes(store.url) == indexes(new.url)


def indexes(url: str) -> set[tuple[str | None, ...]]:
    """Of the table of runs: name, then columns."""
    engine = create_engine(url)
    found = {(index["name"], *index["column_names"]) for index in inspect(engine).get_indexes("run")}
    engine.dispose()
    return found


def columns(url: str) -> dict[str, list[tuple[str, str, bool]]]:
    """Of every table: name, type, and whether it may be empty."""
    engine = create_engine(url)
    found = inspect(engine)
    tables = {
        table: sorted(
            # DOUBLE PRECISION and TIMESTAMP, the standard's names, come back as REAL and TIMESTAMP.
            (column["name"], SAME_TYPE.get(str(column["type"]), str(column["type"])), column["nullable"])
            for column in found.get_columns(table)
        )
        for table in found.get_table_names()
    }
    engine.dispose()
    return tables


def test_several_processes_may_migrate_at_once(folder: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from cifar_core.runs import RunStore
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        os._exit(0 if len(RunStore(folder=Path(sys.argv[1])).list_runs()) == 3 else 1)
    children.append(child)
print({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children})
"""
    result = run_python(code, folder)
    assert result.stdout.strip() == "{0}", result.stderr


def test_the_version_is_written_with_the_change(folder: Path) -> None:
    for _ in range(2):
        RunStore(url=sqlite_url(folder)).close()
        with closing(sqlite3.connect(folder / "runs.db")) as database:
            assert database.execute("SELECT schema_version FROM store_info").fetchall() == [(SCHEMA_VERSION,)]
