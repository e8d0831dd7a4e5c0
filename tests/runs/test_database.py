from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunStore
from cifar_core.runs.tables import SCHEMA_VERSION
from tests.tiny import run_python, tiny_config


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "foo://x",
        "sqlite://host/x.db",
        "sqlite+foo:///x.db",
        "postgresql://me:secret@host:port/db",
        "nodriver://me:secret@host/db",
    ],
)
def test_a_url_that_is_no_url_is_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(
        SpecError, match=r"^CIFAR_LAB_STORE is '.*', which is no database URL that works here: .*\.$"
    ) as e:
        RunStore(url)
    assert "secret" not in str(e.value)
    assert "\n" not in str(e.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(StoreError, match=rf"^The folder {folder} cannot be made: .*\.$"):
            RunStore(folder=folder)


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(StoreError, match=rf"^The run store sqlite:///{path} cannot be used: file is not a database\.$"):
        RunStore(folder=tmp_path)
    assert path.read_bytes() == b"dear diary, " * 1000


def test_a_folder_in_the_place_of_the_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs.db").mkdir()
    with pytest.raises(StoreError, match="unable to open database file"):
        RunStore(folder=tmp_path)


def test_a_store_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    RunStore(folder=tmp_path).close()
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("UPDATE store_info SET schema_version = 99")
    connection.close()
    for _ in range(2):
        with pytest.raises(
            StoreError, match=rf"has schema version 99; this version of CIFAR Lab reads {SCHEMA_VERSION}\.$"
        ):
            RunStore(folder=tmp_path)


def test_a_database_damaged_while_open_is_a_sentence(tmp_path: Path) -> None:
    store = RunStore(folder=tmp_path)
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("DROP TABLE epoch_metric")
    connection.close()
    with pytest.raises(StoreError, match="no such table: epoch_metric") as caught:
        store.epochs("x")
    assert "\n" not in str(caught.value)


def test_the_database_is_the_one_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_STORE", f"sqlite:///{tmp_path / 'elsewhere' / 'mine.db'}")
    store = RunStore()
    run = store.enqueue(tiny_config())
    assert (tmp_path / "elsewhere" / "mine.db").is_file()
    assert store.run_folder(run.id) == tmp_path / "runs" / run.id


def test_the_default_store_lies_in_the_run_folder(own_store: Path) -> None:
    RunStore().close()
    assert (own_store / "runs.db").is_file()


def test_readers_are_not_held_up_by_a_writer(tmp_path: Path) -> None:
    store = RunStore(folder=tmp_path)
    run = store.enqueue(tiny_config())
    connection = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    assert [found.id for found in store.list_runs()] == [run.id]
    assert store.get(run.id) == run
    connection.execute("ROLLBACK")
    connection.close()


def test_a_lock_that_is_never_given_back_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.runs.database.BUSY_SECONDS", 0.1)
    store = RunStore(folder=tmp_path)
    connection = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="database is locked"):
        store.enqueue(tiny_config())
    connection.execute("ROLLBACK")
    connection.close()
    store.enqueue(tiny_config())


def test_several_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    code = """
import multiprocessing, sys
from pathlib import Path
from cifar_core.runs import RunStore
from cifar_core.runs.tables import SCHEMA_VERSION
def opened(number):
    barrier.wait()
    RunStore(folder=folder).close()
    return number
context = multiprocessing.get_context("fork")
for name in "abc":
    folder, barrier = Path(sys.argv[1]) / name, context.Barrier(4)
    with context.Pool(4) as pool:
        print(pool.map(opened, range(4), chunksize=1))
"""
    result = run_python(code, tmp_path)
    assert (result.returncode, result.stdout) == (0, 3 * "[0, 1, 2, 3]\n"), result.stderr


@pytest.mark.parametrize("name", ["what?", "50%", "a%20b", "a b", "ä"])
def test_database_lies_in_its_folder_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    run = RunStore(folder=tmp_path / name).enqueue(tiny_config())
    assert (tmp_path / name / "runs.db").is_file()
    assert RunStore(folder=tmp_path / name).get(run.id) == run


def test_database_of_the_environments_folder_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "50% done?"))
    RunStore()
    assert (tmp_path / "50% done?" / "runs.db").is_file()
