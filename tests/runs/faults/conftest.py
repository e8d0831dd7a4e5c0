from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import torch

from cifar_core.runs import Run, RunStore
from tests.runs.faults.common import long_config, uninterrupted


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Several trainings at once on few cores: their threads would wait for each other more than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def one_thread_in_every_process(one_thread: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bits that come out depend on how many there are."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def store(tmp_path: Path, cleanup: ExitStack) -> RunStore:
    return cleanup.enter_context(closing(RunStore(folder=tmp_path / "runs")))


@pytest.fixture(scope="session")
def whole(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunStore, Run]]:
    """A run of `long_config` that nothing happened to."""
    store, run = uninterrupted(tmp_path_factory.mktemp("whole"), long_config())
    with closing(store):
        yield store, run
