from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunStore
from cifar_core.runs.package.examples import import_examples
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Its `setenv` is where a test goes over to another, empty store."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_a_run_is_packed_and_unpacked(cli: Cli, completed: Run, elsewhere: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packed = cli("pack", completed.id[:-1])
    file = tmp_path / f"{completed.id}.cifarrun"
    assert (packed.status, packed.err) == (0, "")
    assert packed.out == (f"Run {completed.id} (tiny) is packed into {file.name} ({file.stat().st_size:,} bytes).\n")
    cli("unpack", file.name).assert_refused(2, f"Run {completed.id} is in this store already.")
    elsewhere.setenv("CIFAR_LAB_RUNS", str(tmp_path / "elsewhere"))
    unpacked = cli("unpack", file.name)
    assert (unpacked.status, unpacked.err) == (0, "")
    assert unpacked.out.startswith(f"Run {completed.id} (tiny) is unpacked: completed, 2 epochs, best accuracy ")
    assert unpacked.out.endswith("% (validation-chosen).\n")
    assert RunStore().get(completed.id).test_accuracy == completed.test_accuracy


def test_both_print_what_their_schemas_say(
    cli: Cli, completed: Run, elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packed = cli("pack", completed.id, "--output", "a b.cifarrun", "--json").data
    check("pack", packed)
    content = (tmp_path / "a b.cifarrun").read_bytes()
    assert packed == {
        "run": completed.id,
        "file": "a b.cifarrun",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    elsewhere.setenv("CIFAR_LAB_RUNS", str(tmp_path / "elsewhere"))
    unpacked = cli("unpack", "a b.cifarrun", "--json").data
    check("unpack", unpacked)
    assert (unpacked["id"], unpacked["state"], unpacked["example"]) == (completed.id, "completed", False)


def test_an_unpacked_run_is_shown_evaluated_and_not_resumed(
    cli: Cli, stopped: Run, elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli("pack", stopped.id, "--output", "stopped.cifarrun")
    elsewhere.setenv("CIFAR_LAB_RUNS", str(tmp_path / "elsewhere"))
    cli("unpack", "stopped.cifarrun")
    shown = cli("show", stopped.id).out
    assert "\nUnpacked from a package\n" in shown
    assert "stopped: Unpacked from stopped.cifarrun.\n" in shown
    assert cli("evaluate", stopped.id, "--json").data["count"] == 64
    cli("resume", stopped.id).assert_refused(2, stopped.id, "came in a package", "clone it to train anew")


def test_examples_are_marked_as_such(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")
    assert import_examples(RunStore())
    for run in cli("runs", "--json").data:
        assert run["example"] is True
        assert "\nShipped with CIFAR Lab as an example\n" in cli("show", run["id"]).out
    header, *lines = cli("runs").out.splitlines()
    assert header.split()[3] == "origin"
    assert lines
    assert all("  example  completed  " in line for line in lines)


def test_a_run_that_cannot_be_packed_leaves_no_file(
    cli: Cli, queued: Run, elsewhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli("pack", queued.id, "--output", "a.cifarrun").assert_refused(2, queued.id, "queued", "once it is over")
    cli("pack", "nothing").assert_refused(2, "There is no run 'nothing'")
    assert not list(tmp_path.glob("*.cifarrun"))


def test_a_place_that_cannot_be_written_is_named(cli: Cli, completed: Run, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "a.cifarrun"
    cli("pack", completed.id, "--output", file).assert_refused(1, f"{file} cannot be written: No such file")


def test_what_is_no_package_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.cifarrun").write_text("no zip")
    cli("unpack", tmp_path / "a.cifarrun").assert_refused(2, "a.cifarrun cannot be unpacked: it is no whole zip file.")
    cli("unpack", tmp_path / "b.cifarrun").assert_refused(2, "b.cifarrun cannot be read: No such file or directory.")
