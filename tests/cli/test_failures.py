"""What goes wrong although it was asked rightly: exit status 1, one sentence, and a run that tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cifar_core.errors import DataError
from cifar_core.runs import RunState, RunStore
from tests.cli.helpers import QUICK, Cli, Outcome


def assert_failed_run(outcome: Outcome, *words: str) -> None:
    """The command failed, and its one run is `failed` with the sentence that was printed."""
    outcome.assert_refused(1, *words)
    (run,) = RunStore().list_runs()
    assert run.state == RunState.FAILED
    assert outcome.err == f"error: {run.error}\n"
    assert run.finished_at is not None
    assert run.test_accuracy is None
    assert f"Run {run.id} is failed after 0 of 1 epochs.\n" in outcome.out


def test_missing_cifar10_makes_no_run(cli: Cli, quick: tuple[str, ...], no_cifar10: Path) -> None:
    cli("train", *quick, "--dataset", "cifar10").assert_refused(1, str(no_cifar10), "data fetch")
    assert RunStore().count_runs() == 0


def test_a_data_folder_that_is_not_there_makes_no_run(cli: Cli, quick: tuple[str, ...], tmp_path: Path) -> None:
    outcome = cli("train", *quick, "--dataset", "cifar10", "--data", tmp_path / "nowhere")
    outcome.assert_refused(1, "nowhere", "data fetch")
    assert RunStore().count_runs() == 0


def test_cifar10_that_vanishes_after_the_start(
    cli: Cli, quick: tuple[str, ...], no_cifar10: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.cli.train.require_dataset", lambda name: None)
    monkeypatch.setattr("cifar_core.runs.experiment.check_runnable", lambda store, config: None)
    assert_failed_run(cli("train", *quick, "--dataset", "cifar10"), str(no_cifar10), "data fetch")


@pytest.mark.cifar10
def test_a_damaged_batch_of_cifar10_makes_no_run(cli: Cli, quick: tuple[str, ...], damaged_cifar10: Path) -> None:
    cli("train", *quick, "--dataset", "cifar10").assert_refused(1, "data_batch_2 is damaged", "delete")
    assert RunStore().count_runs() == 0


def test_json_of_a_failed_training_says_failed(
    cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise DataError("The images are gone.")

    monkeypatch.setattr("cifar_core.runs.experiment.build_seeded", refuse)
    outcome = cli("train", *quick, "--json")
    assert outcome.status == 1
    assert (outcome.data["state"], outcome.data["metrics"]) == ("failed", [])
    assert outcome.err == f"error: {outcome.data['error']}\n" == "error: The images are gone.\n"


def test_a_run_folder_that_cannot_be_written(cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cifar_core.files.os.fsync", refuse)
    assert_failed_run(cli("train", *quick), "No space left on device")


def test_a_mistake_of_the_program_s_own_ends_the_run_too(
    cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*arguments: object) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("cifar_core.runs.experiment.build_seeded", break_down)
    outcome = cli("train", *quick)
    assert outcome.status == 1
    assert outcome.err == "error: ZeroDivisionError: unforeseen\n"
    (run,) = RunStore().list_runs()
    assert run.state == RunState.FAILED
    log = (RunStore().run_folder(run.id) / "train.log").read_text()
    assert "Traceback" in log


@pytest.mark.parametrize("command", ["runs", "show some", f"train --preset seed-model-3 {' '.join(QUICK)}"])
def test_a_run_folder_below_a_file(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    (tmp_path / "file").write_text("kept")
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    cli(*command.split()).assert_refused(1, "file/runs", "Not a directory")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_store_that_is_another_file(cli: Cli, own_store: Path) -> None:
    own_store.mkdir()
    (own_store / "runs.db").write_bytes(b"This is no database. " * 100)
    cli("runs").assert_refused(1, "runs.db", "not a database")


def test_a_store_of_a_later_version(cli: Cli) -> None:
    from sqlalchemy import text

    store = RunStore()
    with store._database.writing() as session:
        session.execute(text("UPDATE store_info SET schema_version = 99"))
    cli("runs").assert_refused(1, "99")
