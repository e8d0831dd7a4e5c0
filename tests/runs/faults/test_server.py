"""A real server that trains, and what happens to servers: they are ended, edited, refreshed, left alone."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.records import SHUTDOWN_NOTE
from cifar_core.ui.probe import answer_requests
from tests.pages.browser import Dashboard
from tests.runs.faults.common import (
    assert_all_over,
    assert_no_epoch_lost,
    assert_same_bits,
    executed,
    history,
    long_config,
    wait_for,
    wait_until_mid_epoch,
    workers_of,
)
from tests.tiny import PROJECT, tiny_config

pytestmark = pytest.mark.slow

both_kinds = pytest.mark.parametrize("kind", ["process", "thread"])
SOURCE = ("app.py", "cifar_core", "pages", ".streamlit")


def visit(dashboard: Dashboard) -> None:
    """Opens a page and leaves: the first one starts the background thread."""
    (answer,) = answer_requests(dashboard.url, iter([json.dumps({"page": ""})]))
    assert "error" not in answer


def started(cleanup: ExitStack, folder: Path, source: Path = PROJECT, watcher: str = "none") -> Dashboard:
    dashboard = cleanup.enter_context(closing(Dashboard(folder, source, watcher)))
    dashboard.wait_until_ready()
    return dashboard


def trainings(store: RunStore) -> int:
    """How many times a run was begun."""
    return sum(state == RunState.RUNNING for _, _, state in history(store))


@both_kinds
def test_a_server_that_is_told_to_end_ends_cleanly_and_keeps_the_epochs(
    store: RunStore,
    cleanup: ExitStack,
    tmp_path: Path,
    whole: tuple[RunStore, Run],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("CIFAR_LAB_WORKER", kind)
    run = store.enqueue(long_config())
    dashboard = started(cleanup, tmp_path)
    visit(dashboard)
    wait_until_mid_epoch(store, run.id)
    family = psutil.Process(dashboard.pid).children(recursive=True)
    assert len(workers_of(dashboard.pid)) == (kind == "process")
    assert dashboard.end() == 0, dashboard.log()
    assert not any(member.is_running() for member in family)
    assert "Traceback" not in dashboard.log()
    ended = store.get(run.id)
    assert (ended.state, ended.error) == (RunState.INTERRUPTED, SHUTDOWN_NOTE)
    assert 2 <= ended.epochs_done < 8
    assert_no_epoch_lost(store, ended)
    assert_same_bits(store, executed(store, store.resume_here(run.id)), *whole)


@both_kinds
def test_an_edit_of_the_source_during_a_run_leaves_one_trainer(
    store: RunStore, cleanup: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CIFAR_LAB_WORKER", kind)
    source = tmp_path / "source"
    source.mkdir()
    for name in SOURCE:
        path = PROJECT / name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, source / name)
    run = store.enqueue(long_config(epochs=2000))
    dashboard = started(cleanup, tmp_path, source, watcher="poll")
    tab = answer_requests(dashboard.url, itertools.repeat(json.dumps({"page": ""})))
    assert "error" not in next(tab)
    wait_until_mid_epoch(store, run.id, 1)
    for name in ("cifar_core/runs/jobs.py", "cifar_core/runs/records.py", "cifar_core/errors.py", "app.py"):
        with (source / name).open("a") as file:
            file.write("\n# edited\n")
        time.sleep(2.5)  # a polling watcher looks every second
        assert "error" not in next(tab)
    assert store.get(run.id).state == RunState.RUNNING, store.get(run.id)
    assert len(workers_of(dashboard.pid)) == (kind == "process")
    assert trainings(store) == 1
    after = store.enqueue(tiny_config("after the edit"))
    store.request_stop(run.id)
    wait_for(lambda: store.get(after.id).state.is_over)
    assert store.get(run.id).state == RunState.STOPPED
    assert store.get(after.id).state == RunState.COMPLETED, store.get(after.id).error
    assert len(workers_of(dashboard.pid)) == (kind == "process")
    assert trainings(store) == 2
    del tab
    assert dashboard.end() == 0, dashboard.log()
    assert "Traceback" not in dashboard.log()
    assert_all_over(store)


def clear_caches(dashboard: Dashboard) -> None:
    """As the menu of a page does it."""
    stream = f"{dashboard.url.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(stream, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as connection:
        connection.send(BackMsg(clear_cache=True).SerializeToString())
        time.sleep(1)


def open_databases(dashboard: Dashboard) -> int:
    """How many connections to the store the server has."""
    return sum(file.path.endswith("/runs.db") for file in psutil.Process(dashboard.pid).open_files())


@both_kinds
def test_cleared_caches_and_closed_tabs_leave_one_trainer(
    store: RunStore, cleanup: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CIFAR_LAB_WORKER", kind)
    run = store.enqueue(long_config(epochs=2000))
    dashboard = started(cleanup, tmp_path)
    visit(dashboard)
    wait_until_mid_epoch(store, run.id, 1)
    before = workers_of(dashboard.pid)
    # The threads hold the first store; one that the caches held alone closes as soon as Python collects it.
    had = open_databases(dashboard)
    for _ in range(2):
        clear_caches(dashboard)
        visit(dashboard)
        assert open_databases(dashboard) > had, "the caches were not cleared"
    epochs = store.get(run.id).epochs_done
    wait_for(lambda: store.get(run.id).epochs_done > epochs)
    assert store.get(run.id).state == RunState.RUNNING
    assert workers_of(dashboard.pid) == before
    assert len(before) == (kind == "process")
    after = store.enqueue(tiny_config("after"))
    store.request_stop(run.id)
    wait_for(lambda: store.get(after.id).state == RunState.COMPLETED)
    assert store.get(run.id).state == RunState.STOPPED
    assert trainings(store) == 2
    assert dashboard.end() == 0, dashboard.log()
    assert "Traceback" not in dashboard.log()
    assert_all_over(store)
