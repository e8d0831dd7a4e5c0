from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.cli.commands import run_command_line
from cifar_core.runs import Run, RunStore
from tests.cli.helpers import QUICK, Cli, Outcome
from tests.tiny import tiny_architecture, tiny_config, train_into


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        status = run_command_line([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def tiny_file(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.json"
    file.write_text(tiny_architecture().to_json())
    return file


@pytest.fixture
def quick(tiny_file: Path) -> tuple[str, ...]:
    """Arguments of a training that takes less than a second."""
    return (str(tiny_file), *QUICK, "--epochs", "1")


def _execute(folder: Path, stop_after: int | None = None, **training: object) -> str:
    with closing(RunStore(folder=folder)) as store:
        return train_into(store, tiny_config(**training), stop_after).id  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def trained_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run folder with a completed run of each protocol and a stopped one, trained once: tests work on copies."""
    folder = tmp_path_factory.mktemp("trained")
    ids = {
        "completed": _execute(folder),
        "stopped": _execute(folder, stop_after=1, epochs=9),
        "seed": _execute(folder, protocol="seed"),
    }
    return folder, ids


@pytest.fixture
def trained(trained_runs: tuple[Path, dict[str, str]], own_store: Path) -> Callable[[str], Run]:
    """Gives one of the trained runs, in this test's own store."""
    folder, ids = trained_runs
    shutil.copytree(folder, own_store)
    return lambda which: RunStore().get(ids[which])


@pytest.fixture
def completed(trained: Callable[[str], Run]) -> Run:
    return trained("completed")


@pytest.fixture
def stopped(trained: Callable[[str], Run]) -> Run:
    return trained("stopped")


@pytest.fixture
def queued() -> Run:
    """A run that nobody has begun: it has no checkpoint."""
    return RunStore().enqueue(tiny_config())


@pytest.fixture
def failed(queued: Run) -> Run:
    """A run that is over and has no checkpoint."""
    RunStore().request_stop(queued.id)
    return RunStore().get(queued.id)
