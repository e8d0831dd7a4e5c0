"""The process that executes for the background thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.trials import Trial
from cifar_core.runs.worker import ProcessWorker, WorkerDiedError
from tests.tiny import tiny_config

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


def test_a_task_that_is_given_up_before_the_process_is_ready_disturbs_none_behind_it(store: RunStore) -> None:
    with closing(ProcessWorker(store)) as worker:
        with pytest.raises(WorkerDiedError, match=r"^The program that trained it was closed\.$"):
            worker.carry_out(Trial("speed", tiny_config()), lambda: True)
        claim = store.start(tiny_config(epochs=1))
        worker.execute(claim, lambda: False)
        assert store.get(claim.run_id).state == RunState.COMPLETED
        worker.carry_out(Trial("speed", tiny_config()), lambda: False)
        assert store.trials.speed(tiny_config()) is not None


def test_a_process_that_cannot_begin_says_so(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with (
        closing(ProcessWorker(store)) as worker,
        pytest.raises(WorkerDiedError, match=r"^The worker process ended before it was ready \(exit status \d+\)"),
    ):
        worker.get_ready(lambda: False)


def test_the_store_is_named_to_nobody_who_lists_processes(store: RunStore) -> None:
    with closing(ProcessWorker(store)) as worker:
        worker.warm_up()
        process = worker._process
        assert process is not None
        assert store.url not in Path(f"/proc/{process.pid}/cmdline").read_text()
        worker.get_ready(lambda: False)
