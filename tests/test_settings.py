from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from cifar_core.runs.worker import ProcessWorker, ThreadWorker, make_worker
from cifar_core.settings import data_folder, runs_folder, store_url, worker_kind


def test_a_process_trains_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CIFAR_LAB_WORKER")
    assert worker_kind() == "process"
    monkeypatch.setenv("CIFAR_LAB_WORKER", "")
    assert worker_kind() == "process"


@pytest.mark.parametrize(("kind", "worker"), [("process", ProcessWorker), ("thread", ThreadWorker)])
def test_both_kinds_of_worker_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, worker: type[object]
) -> None:
    monkeypatch.setenv("CIFAR_LAB_WORKER", kind)
    assert worker_kind() == kind
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        assert type(make_worker(worker_kind(), store)) is worker


@pytest.mark.parametrize("wanted", ["fork", "Thread", " thread", "process,thread"])
def test_another_worker_is_refused_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("CIFAR_LAB_WORKER", wanted)
    with pytest.raises(SpecError) as refused:
        worker_kind()
    assert str(refused.value) == f"CIFAR_LAB_WORKER is {wanted!r}: it must be process or thread."


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_set_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    for name in ("CIFAR_LAB_DATA", "CIFAR_LAB_RUNS", "CIFAR_LAB_STORE"):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert (data_folder(), runs_folder()) == (Path("data"), Path("runs"))
    assert store_url() == f"sqlite:///{tmp_path}/runs/runs.db"
