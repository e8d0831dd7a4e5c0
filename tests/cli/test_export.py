from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from cifar_core.analysis.export import torch_file
from cifar_core.analysis.export.formats import FORMATS
from cifar_core.runs import Run, RunFiles, RunStore
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("kind", list(FORMATS))
def test_a_run_leaves_in_every_format(cli: Cli, completed: Run, here: Path, kind: str) -> None:
    outcome = cli("export", completed.id[-6:], "--format", kind)
    assert (outcome.status, outcome.err) == (0, "")
    (file,) = here.iterdir()
    assert file.name == f"{completed.id}{FORMATS[kind].suffix}"
    size = file.stat().st_size
    first, *others = outcome.out.splitlines()
    assert first == f"Run {completed.id} (tiny) is exported to {file.name} ({size:,} bytes)."
    is_network = kind in ("torch", "onnx", "safetensors")
    assert [line.startswith("Checked: on 64 test images of Handwritten") for line in others] == [True] * is_network


def test_it_prints_what_its_schema_says(cli: Cli, completed: Run, here: Path) -> None:
    (here / "folder").mkdir()
    told = cli("export", completed.id, "--format", "torch", "--output", "folder", "--json").data
    check("export", told)
    content = (here / "folder" / f"{completed.id}.torch.zip").read_bytes()
    assert (told["run"], told["format"], told["size"]) == (completed.id, "torch", len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert 0 <= told["largest_difference"] <= 1e-4
    check("export", cli("export", completed.id, "--format", "csv", "--json").data)


def test_a_run_without_a_checkpoint_is_told_of(cli: Cli, completed: Run, queued: Run, here: Path) -> None:
    cli("export", queued.id, "--format", "torch").assert_refused(2, queued.id, "is queued", "once it is over")
    RunStore().request_stop(queued.id)
    cli("export", queued.id, "--format", "torch").assert_refused(2, queued.id, "no finished epoch")
    path = RunFiles(RunStore().run_folder(completed.id)).checkpoint("best")
    for other in path.parent.iterdir():
        other.unlink()
    cli("export", completed.id, "--format", "onnx").assert_refused(1, completed.id)
    assert not list(here.iterdir())


def test_an_unknown_format_or_run_is_told_of(cli: Cli, completed: Run) -> None:
    cli("export", completed.id, "--format", "pickle").assert_refused(2, "'pickle'", *FORMATS)
    cli("export", completed.id).assert_refused(2, "--format")
    cli("export", "nothing", "--format", "csv").assert_refused(2, "There is no run 'nothing'")


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    cli: Cli, completed: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "torch_zip", lambda subject: pytest.fail("the work was begun"))
    file = here / "nowhere" / "a.zip"
    outcome = cli("export", completed.id, "--format", "torch", "--output", file)
    outcome.assert_refused(1, f"{file} cannot be written: No such file or directory.")

    real = os.open

    def refuse(path: str | Path, *more: int) -> int:
        if Path(path).name.startswith(".a.zip."):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, *more)

    monkeypatch.setattr(os, "open", refuse)  # root may write everywhere
    outcome = cli("export", completed.id, "--format", "torch", "--output", "a.zip")
    outcome.assert_refused(1, "a.zip cannot be written: Permission denied.")


def test_a_disk_that_fills_leaves_the_old_file_and_no_half_one(
    cli: Cli, completed: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.csv").write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    outcome = cli("export", completed.id, "--format", "csv", "--output", "a.csv")
    outcome.assert_refused(1, "a.csv cannot be written: No space left on device.")
    assert [path.name for path in here.iterdir()] == ["a.csv"]
    assert (here / "a.csv").read_text() == "old"


def test_a_file_that_fails_its_check_is_not_written(
    cli: Cli, completed: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = torch_file._answers
    monkeypatch.setattr(torch_file, "_answers", lambda *arguments: real(*arguments) + 1)
    outcome = cli("export", completed.id, "--format", "torch")
    outcome.assert_refused(
        1, f"The PyTorch source of run {completed.id} is refused", "differ", "by up to 1, and 0.0001"
    )
    assert not list(here.iterdir())


def test_a_missing_package_is_one_sentence_with_the_command(
    cli: Cli, completed: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    install = "`pip install -r requirements-export.txt` installs it."
    cli("export", completed.id, "--format", "onnx").assert_refused(1, f"ONNX needs onnxruntime: {install}")
    cli("export", completed.id, "--format", "tensorboard").assert_refused(
        1, f"TensorBoard needs tensorboard: {install}"
    )
    assert not list(here.iterdir())
    assert cli("export", completed.id, "--format", "torch").status == 0


def test_a_folder_that_is_not_there_is_told_and_not_made_a_file(cli: Cli, completed: Run, tmp_path: Path) -> None:
    outcome = cli("export", completed.id, "--format", "csv", "--output", f"{tmp_path}/nowhere/")
    assert outcome.status == 1
    assert "cannot be written: No such file or directory" in outcome.err
    assert not (tmp_path / "nowhere").exists()
