"""What every test shares: an empty run store of its own, and CIFAR-10 where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive_server import ArchiveServer

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before torch is loaded, here and in the programs that tests start: of several workers each has one core, and such
    # as use all of them slow each other down to a tenth.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Resolved once: a test may change the working directory, and a relative folder would then be lost.
CIFAR10_FOLDER = Path(os.environ.get("CIFAR_LAB_DATA") or "data").resolve()
HAS_CIFAR10 = (CIFAR10_FOLDER / "cifar-10-batches-py" / "data_batch_1").is_file()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs CIFAR-10 where there is none."""
    if not HAS_CIFAR10:
        for item in items:
            if item.get_closest_marker("cifar10"):
                item.add_marker(pytest.mark.skip(reason=f"CIFAR-10 is not in {CIFAR10_FOLDER}"))


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test writes its runs into a folder of its own."""
    runs = tmp_path / "runs"
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(runs))
    monkeypatch.delenv("CIFAR_LAB_STORE", raising=False)
    # A process takes seconds to start: tests that are about it ask for it.
    monkeypatch.setenv("CIFAR_LAB_WORKER", "thread")
    monkeypatch.setenv("CIFAR_LAB_DATA", str(CIFAR10_FOLDER))
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "no")
    return runs


@pytest.fixture
def no_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder without CIFAR-10."""
    empty = tmp_path / "no-data"
    empty.mkdir()
    monkeypatch.setenv("CIFAR_LAB_DATA", str(empty))
    return empty


@pytest.fixture
def damaged_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which one file of CIFAR-10 is cut short."""
    batches = tmp_path / "damaged" / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    for file in (CIFAR10_FOLDER / batches.name).iterdir():
        (batches / file.name).symlink_to(file)
    (batches / "data_batch_2").unlink()
    with (CIFAR10_FOLDER / batches.name / "data_batch_2").open("rb") as whole:
        (batches / "data_batch_2").write_bytes(whole.read(1_000_000))
    monkeypatch.setenv("CIFAR_LAB_DATA", str(batches.parent))
    return batches.parent


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    """A server on this machine that stands for CIFAR-10's, with an archive of a few kB."""
    server = ArchiveServer()
    server.stand_for_the_official_one(monkeypatch)
    yield server
    server.close()
