from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunStore
from cifar_core.runs.package.pack import pack
from tests.tiny import tiny_config, train_into


@dataclass(frozen=True)
class Trained:
    """A store with one run."""

    folder: Path
    run_id: str

    @property
    def package(self) -> bytes:
        with closing(RunStore(folder=self.folder)) as store:
            return pack(store, store.get(self.run_id))


def train(folder: Path, stop_after: int | None = None, **training: object) -> Trained:
    with closing(RunStore(folder=folder)) as store:
        return Trained(folder, train_into(store, tiny_config(**training), stop_after).id)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def completed(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained once, not to be changed; of averaged weights, so that these are told from those trained on."""
    return train(tmp_path_factory.mktemp("completed"), ema_decay=0.9)


@pytest.fixture(scope="session")
def package(completed: Trained) -> bytes:
    return completed.package


@pytest.fixture
def origin(completed: Trained, tmp_path: Path) -> Iterator[RunStore]:
    """A copy of the store with the completed run, which may be changed."""
    shutil.copytree(completed.folder, tmp_path / "origin")
    with closing(RunStore(folder=tmp_path / "origin")) as store:
        yield store


@pytest.fixture
def run(origin: RunStore, completed: Trained) -> Run:
    return origin.get(completed.run_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    """An empty one."""
    with closing(RunStore(folder=tmp_path / "other")) as store:
        yield store


@pytest.fixture
def file(package: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.cifarrun"
    path.write_bytes(package)
    return path
