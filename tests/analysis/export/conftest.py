from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.analysis.export.subject import ExportSubject, load_subject
from cifar_core.runs import Run, RunStore
from tests.tiny import tiny_config, train_into


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one completed run, trained once and not to be changed."""
    folder = tmp_path_factory.mktemp("exported")
    with closing(RunStore(folder=folder)) as store:
        train_into(store, tiny_config("näme"))
    return folder


@pytest.fixture
def store(trained_folder: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=trained_folder)) as store:
        yield store


@pytest.fixture
def run(store: RunStore) -> Run:
    (run,) = store.find_runs()
    return run


@pytest.fixture
def subject(store: RunStore, run: Run) -> ExportSubject:
    return load_subject(store, run)
