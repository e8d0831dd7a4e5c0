"""`resume`, and how `train` and `resume` share a device with other programs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cifar_core.cli import executing
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.owner import Owner
from cifar_core.runs.tables import RunRow
from tests.cli.helpers import COMMAND, QUICK, Cli
from tests.cli.test_schemas import check
from tests.tiny import PROJECT, tiny_config

HOLDER = """
import sys
from pathlib import Path
from cifar_core.runs import RunStore
from cifar_core.runs.heartbeat import hold_device
with hold_device(RunStore(folder=Path(sys.argv[1])), "cpu") as held:
    print(held is not None, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(own_store: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the processor, until a line is written to it."""
    command = [sys.executable, "-c", HOLDER, str(own_store)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def ended(state: RunState, **training: object) -> str:
    """A run that ended in a state before its first epoch."""
    store = RunStore()
    claim = store.start(tiny_config(**training))  # type: ignore[arg-type]
    store.report_end(claim, state, "It ended.")
    return claim.run_id


# Resuming


def test_a_stopped_run_goes_on_behind_its_last_epoch(cli: Cli, stopped: Run) -> None:
    outcome = cli("resume", stopped.id[:-1])
    assert (outcome.status, "error" in outcome.err) == (0, False)
    assert outcome.out.startswith(f"Run {stopped.id}: tiny on digits, from epoch 2\nEpoch 2\n")
    assert f"Run {stopped.id} is completed after 9 of 9 epochs." in outcome.out
    assert "Test accuracy" in outcome.out


def test_json_is_one_object_with_the_history_and_fits_the_schema(cli: Cli, stopped: Run) -> None:
    outcome = cli("resume", stopped.id, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    check("resume", outcome.data)
    assert outcome.data["id"] == stopped.id
    assert [epoch["epoch"] for epoch in outcome.data["metrics"]] == list(range(1, 10))
    assert [(event["state"], event["note"]) for event in outcome.data["history"]] == [
        ("running", ""),
        ("stopping", ""),
        ("stopped", ""),
        ("running", ""),
        ("running", "Resumed after epoch 1."),
        ("completed", ""),
    ]


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.INTERRUPTED])
def test_a_run_that_has_no_epoch_yet_begins_anew(cli: Cli, state: RunState) -> None:
    outcome = cli("resume", ended(state))
    assert outcome.status == 0
    assert ", from epoch" not in outcome.out
    assert " is completed after 2 of 2 epochs." in outcome.out


def test_a_run_that_lacks_its_evaluation_alone_says_so(cli: Cli, completed: Run) -> None:
    store = RunStore()
    with store._database.writing() as session:
        row = session.get_one(RunRow, completed.id)
        row.state, row.test_accuracy = RunState.INTERRUPTED, None
    outcome = cli("resume", completed.id)
    assert outcome.status == 0
    assert outcome.out.startswith(f"Run {completed.id}: tiny on digits, trained already: evaluation\nRun ")
    assert store.get(completed.id).test_accuracy == completed.test_accuracy


def test_a_completed_run_is_refused(cli: Cli, completed: Run) -> None:
    cli("resume", completed.id).assert_refused(2, completed.id, "is completed", "stopped, failed or interrupted")
    assert RunStore().get(completed.id) == completed


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.DIVERGED])
def test_a_run_that_waits_trains_or_diverged_is_refused(cli: Cli, state: RunState) -> None:
    if state == RunState.DIVERGED:
        run_id = ended(state)
    else:
        store = RunStore()
        run_id = store.enqueue(tiny_config()).id if state == RunState.QUEUED else store.start(tiny_config()).run_id
    cli("resume", run_id).assert_refused(2, run_id, f"is {state}")
    assert RunStore().get(run_id).state == state


@pytest.mark.usefixtures("trained")
def test_an_ambiguous_beginning_is_refused(cli: Cli) -> None:
    cli("resume", "2").assert_refused(2, "Several runs match '2'", "more of the id")


@pytest.mark.cifar10
def test_missing_images_are_told_before_the_run_is_touched(cli: Cli, no_cifar10: Path) -> None:
    run_id = ended(RunState.STOPPED, dataset="cifar10")
    before = RunStore().get(run_id)
    cli("resume", run_id).assert_refused(1, str(no_cifar10), "data fetch")
    assert RunStore().get(run_id) == before


# A device that another program trains on


def test_no_wait_fails_at_once_and_stores_no_run(
    cli: Cli, quick: tuple[str, ...], holder: subprocess.Popen[str]
) -> None:
    cli("train", *quick, "--no-wait").assert_refused(1, "The device is in use", f"process {holder.pid} on", "--no-wait")
    assert RunStore().count_runs() == 0


def test_no_wait_leaves_a_run_to_be_resumed_as_it_was(cli: Cli, holder: subprocess.Popen[str]) -> None:
    run_id = ended(RunState.STOPPED)
    before = RunStore().get(run_id)
    cli("resume", run_id, "--no-wait").assert_refused(1, "The device is in use", f"process {holder.pid} on")
    assert RunStore().get(run_id) == before


def test_no_wait_trains_where_the_device_is_free(cli: Cli, quick: tuple[str, ...]) -> None:
    assert cli("train", *quick, "--no-wait").status == 0
    assert cli("resume", ended(RunState.STOPPED), "--no-wait").status == 0


def instead_of_sleeping(monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], object]) -> list[float]:
    """What happens at each look at the device in use; gives how long the command meant to sleep."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        actions[len(slept) - 1]()

    class FakeTime:
        pass

    FakeTime.sleep = staticmethod(sleep)  # type: ignore[attr-defined]
    monkeypatch.setattr(executing, "time", FakeTime)
    return slept


@pytest.mark.parametrize("command", ["train", "resume"])
def test_without_it_the_command_waits_its_turn(
    cli: Cli,
    quick: tuple[str, ...],
    holder: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    arguments = quick if command == "train" else (ended(RunState.STOPPED),)
    before = RunStore().count_runs()
    counted: list[int] = []

    def nothing() -> None:
        counted.append(RunStore().count_runs([RunState.RUNNING, RunState.QUEUED]))

    slept = instead_of_sleeping(monkeypatch, nothing, nothing, lambda: holder.communicate("done\n"))
    outcome = cli(command, *arguments)
    assert outcome.status == 0
    assert slept == [executing.LOOK_SECONDS] * 3
    assert counted == [0, 0], "a run that waits in a terminal is nobody's in the store"
    assert outcome.err.count("Waiting for the device") == 1
    assert f"in use by process {holder.pid} on {Owner.this_process().host}; Ctrl-C gives up.\n" in outcome.err
    assert " is completed after " in outcome.out
    assert RunStore().count_runs() == before + (command == "train")


def test_a_run_that_somebody_resumed_in_the_meantime_is_left_to_them(
    cli: Cli, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ended(RunState.STOPPED)

    def resume_elsewhere() -> None:
        RunStore().resume(run_id)
        holder.communicate("done\n")

    instead_of_sleeping(monkeypatch, resume_elsewhere)
    outcome = cli("resume", run_id)
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1].startswith(f"error: Run {run_id} is queued: only a stopped")
    assert RunStore().get(run_id).state == RunState.QUEUED
    assert RunStore().leases.holder(f"{Owner.this_process().host}/cpu") is None


def test_ctrl_c_while_waiting_exits_with_130(
    cli: Cli, quick: tuple[str, ...], holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = instead_of_sleeping(monkeypatch, lambda: signal.raise_signal(signal.SIGINT))
    outcome = cli("train", *quick)
    assert (outcome.status, len(slept)) == (130, 1)
    assert outcome.err.endswith("\nerror: Interrupted.\n")
    assert "Traceback" not in outcome.err
    assert RunStore().count_runs() == 0


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_while_waiting_exits_with_130(tiny_file: Path, holder: subprocess.Popen[str]) -> None:
    command = [*COMMAND, "train", str(tiny_file), *QUICK]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert first.startswith("Waiting for the device")
    assert time.monotonic() - asked < 10
    assert (process.returncode, out, err) == (130, "", "\nerror: Interrupted.\n")
    assert RunStore().count_runs() == 0
