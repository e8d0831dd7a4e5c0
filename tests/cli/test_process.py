"""What shows only in a process of its own: exit status, signals, pipes, and what reaches the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cifar_core.runs import RunFiles, RunStore
from cifar_core.training.checkpoint import load_checkpoint
from tests.cli.helpers import COMMAND, QUICK, Cli, Outcome, run_process
from tests.tiny import PROJECT

LONG = ("--epochs", "2000")


@contextmanager
def training_past_its_first_epoch(file: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "train", str(file), *QUICK, *LONG]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Validation set"):
                    break
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out, err)


def test_ctrl_c_stops_after_the_running_batch_and_keeps_whole_epochs(cli: Cli, tiny_file: Path) -> None:
    with training_past_its_first_epoch(tiny_file) as process:
        assert [run["state"] for run in cli("runs", "--json").data] == ["running"]
        process.send_signal(signal.SIGINT)
        outcome = end(process)
    assert outcome.status == 0
    assert "error" not in outcome.err
    assert "Traceback" not in outcome.err
    (run,) = cli("runs", "--json").data
    assert (run["state"], run["test_accuracy"]) == ("stopped", None)
    assert f"Run {run['id']} is stopped after {run['epochs']} of 2000 epochs." in outcome.out
    assert run["epochs"] >= 1
    assert len(cli("show", run["id"], "--json").data["metrics"]) == run["epochs"]
    files = RunFiles(RunStore().run_folder(run["id"]))
    assert load_checkpoint(files.checkpoint("last")).epoch == run["epochs"]
    assert load_checkpoint(files.checkpoint("best")).epoch == run["best_epoch"]


def test_a_killed_training_is_shown_as_interrupted(cli: Cli, tiny_file: Path) -> None:
    with training_past_its_first_epoch(tiny_file) as process:
        process.kill()
        assert end(process).status == -signal.SIGKILL
    (run,) = cli("runs", "--json").data
    assert (run["state"], run["test_accuracy"]) == ("interrupted", None)
    assert run["epochs"] >= 1
    shown = cli("show", run["id"], "--json").data
    assert len(shown["metrics"]) == run["epochs"]
    assert shown["error"] == "The process that trained it ended without finishing."
    assert cli("evaluate", run["id"], "--json").data["epoch"] == shown["best_epoch"]


def test_errors_are_one_line_and_a_status(tmp_path: Path) -> None:
    run_process("describe", str(tmp_path / "none.json")).assert_refused(2, "No such file")
    run_process("nonsense").assert_refused(2, "nonsense")
    run_process("runs", CIFAR_LAB_STORE="garbage").assert_refused(2, "garbage")


def test_a_failed_training_exits_with_1(tiny_file: Path, no_cifar10: Path) -> None:
    run_process("train", str(tiny_file), *QUICK, "--dataset", "cifar10").assert_refused(1, str(no_cifar10))


def test_describe_waits_for_no_torch() -> None:
    code = "import sys; from cifar_core.cli.commands import run_command_line as run; "
    code += "run(['describe', '--preset', 'seed-model-3']); run(['runs']); "
    code += "sys.exit(bool({'torch', 'albumentations', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([COMMAND[0], "-c", code], cwd=PROJECT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments", ["describe --preset seed-model-3", "describe --preset seed-model-3 --json", "presets", "--help"]
)
def test_a_reader_that_has_gone_is_no_error(arguments: str) -> None:
    outcome = _run_without_reader(*arguments.split())
    assert (outcome.status, outcome.err) == (0, "")


def test_head_takes_the_first_line_in_peace() -> None:
    line = f"{' '.join(COMMAND)} describe --preset seed-model-1 | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["name", "op"]


def _run_without_reader(*arguments: str) -> Outcome:
    """Runs with a stdout that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=PROJECT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(writer)
    return Outcome(done.returncode, "", done.stderr)
