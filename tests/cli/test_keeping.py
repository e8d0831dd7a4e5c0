"""`delete`, `restore` and `purge`, and how `runs` and `show` tell of them."""

from __future__ import annotations

from io import StringIO

import pytest

from cifar_core.runs import Run, RunStore
from tests.cli.helpers import Cli
from tests.tiny import tiny_config


def ids(data: object) -> set[str]:
    assert isinstance(data, list)
    return {run["id"] for run in data}


def test_a_deleted_run_comes_back_until_it_is_purged(cli: Cli, completed: Run) -> None:
    (deleted,) = cli("delete", completed.id[:-2], "--json").data
    assert (deleted["id"], deleted["deleted"]) == (completed.id, True)
    assert completed.id not in ids(cli("runs", "--json").data)
    assert ids(cli("runs", "--deleted", "--json").data) == {completed.id}
    assert "`restore` brings it back" in cli("show", completed.id).out
    assert "is back" in cli("restore", completed.id).out
    assert completed.id in ids(cli("runs", "--json").data)
    cli("delete", completed.id)
    assert cli("purge", "--yes", "--json").data == {"purged": 1}
    cli("show", completed.id).assert_refused(2, "There is no run")
    assert not RunStore().run_folder(completed.id).exists()


@pytest.mark.parametrize(("answer", "status"), [("n\n", 0), ("", 130)])
def test_purge_asks_first(cli: Cli, completed: Run, monkeypatch: pytest.MonkeyPatch, answer: str, status: int) -> None:
    cli("delete", completed.id)
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    assert cli("purge").status == status
    assert "`restore` brings it back" in cli("show", completed.id).out


def test_there_may_be_nothing_to_purge(cli: Cli) -> None:
    assert cli("purge").out.strip() == "0 runs removed for good."


def test_what_waits_is_stopped_before_it_is_deleted(cli: Cli, queued: Run) -> None:
    cli("delete", queued.id).assert_refused(2, queued.id, "stop it before")


def test_only_a_deleted_run_is_purged(cli: Cli, completed: Run) -> None:
    cli("purge", completed.id, "--yes").assert_refused(2, "not deleted")


@pytest.mark.parametrize("command", ["delete", "restore"])
def test_runs_must_be_named(cli: Cli, command: str) -> None:
    cli(command).assert_refused(2, "RUN")


def test_runs_are_found_by_text_and_tag(cli: Cli) -> None:
    store = RunStore()
    wide, other = store.enqueue(tiny_config("wide")), store.enqueue(tiny_config("other"))
    store.set_tags(other.id, ["baseline"])
    assert ids(cli("runs", "--find", "WID", "--json").data) == {wide.id}
    assert ids(cli("runs", "--tag", "baseline", "--json").data) == {other.id}
    assert cli("runs", "--tag", "none").out.strip() == "No run is like that."
