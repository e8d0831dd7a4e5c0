from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunStore
from tests.cli.helpers import Cli


def test_a_report_of_several_runs_is_one_file(cli: Cli, completed: Run, stopped: Run, tmp_path: Path) -> None:
    file = tmp_path / "both.zip"
    out = cli("report", completed.id, stopped.id, "--output", file).out
    assert f"({file.stat().st_size:,} bytes)" in out
    with zipfile.ZipFile(file) as archive:
        text = archive.read("README.md").decode()
    assert f"## Model 1: {completed.name}" in text
    assert f"## Model 2: {stopped.name}" in text


def test_without_a_name_the_file_lies_here(
    cli: Cli, completed: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    cli("report", completed.id, "--format", "html")
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_it_leaves_the_test_set_of_a_stopped_run_unread(cli: Cli, stopped: Run, tmp_path: Path) -> None:
    cli("report", stopped.id, "--output", tmp_path / "report.zip")
    assert RunStore().get(stopped.id).test_accuracy is None


def test_what_cannot_be_is_refused_in_a_sentence(cli: Cli, completed: Run, tmp_path: Path) -> None:
    cli("report").assert_refused(2, "RUN")
    cli("report", "nobody").assert_refused(2, "nobody")
    cli("report", completed.id, completed.id).assert_refused(2, "named twice")
    cli("report", completed.id, "--output", tmp_path / "r.md").assert_refused(2, "a zip of text and pictures", ".zip")
    cli("report", completed.id, "--format", "html", "--output", "r.zip").assert_refused(2, "ends in .html or .htm")
    cli("report", completed.id, "--format", "pdf").assert_refused(2, "pdf", "markdown", "html")
    cli("report", completed.id, "--output", tmp_path / "nowhere" / "report.zip").assert_refused(1, "nowhere")


def test_a_disk_that_fills_leaves_the_old_report_whole(
    cli: Cli, completed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.html"
    file.write_text("the old one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    cli("report", completed.id, "--format", "html", "--output", file).assert_refused(1, "No space left on device")
    assert file.read_text() == "the old one"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("report", ".report"))] == ["report.html"]
