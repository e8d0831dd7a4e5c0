"""Every test here runs on handwritten digits unless it is marked cifar10, and leaves no thread behind."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import Browser, sync_playwright

from cifar_core.runs import Run, RunStore, TrainingJobs
from cifar_core.runs.trials import TrialDesk
from cifar_core.sweeps.jobs import SweepJobs
from tests.pages.browser import FLAGS, Dashboard, Visitor
from tests.tiny import tiny_config, train_into


@pytest.fixture(scope="session")
def folder_without_cifar10(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("no-cifar10")


@pytest.fixture(autouse=True)
def digits_only(
    request: pytest.FixtureRequest, own_store: Path, folder_without_cifar10: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder for all tests, so that the digits are read once."""
    if not request.node.get_closest_marker("cifar10"):
        monkeypatch.setenv("CIFAR_LAB_DATA", str(folder_without_cifar10))


@pytest.fixture(autouse=True)
def no_thread_left(own_store: Path) -> Iterator[None]:
    """Opening a page starts the background threads of its store."""
    yield
    for kind in (SweepJobs, TrainingJobs):
        for thread in threading.enumerate():
            if isinstance(thread, kind):
                thread.close()
                assert not thread.is_alive()


@pytest.fixture(autouse=True)
def nothing_is_tried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page wants to try stays wanted: timing Model 3 takes seconds, and most tests are about something else."""
    if not request.node.get_closest_marker("trials"):
        monkeypatch.setattr(TrialDesk, "next", lambda desk: None)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The background thread takes nothing: what is queued stays queued."""
    monkeypatch.setattr(TrainingJobs, "_execute_next", lambda jobs: False)


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """How often each part of the page is drawn anew, in seconds, by its function's module."""
    seen: dict[str, float | None] = {}
    real = st.fragment

    def fragment(function: Callable[..., None], *, run_every: float | None = None) -> Any:
        seen[function.__module__.rpartition(".")[2]] = run_every
        return real(function, run_every=run_every)

    monkeypatch.setattr(st, "fragment", fragment)
    return seen


@pytest.fixture
def store(own_store: Path) -> Iterator[RunStore]:
    store = RunStore()
    yield store
    store.close()


def _train(folder: Path, name: str, stop_after: int | None = None, **training: object) -> str:
    with closing(RunStore(folder=folder)) as store:
        return train_into(store, tiny_config(name, limit_test=None, **training), stop_after).id  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run folder with runs that ended in three ways, trained once: tests work on copies."""
    folder = tmp_path_factory.mktemp("trained")
    ids = {
        "stopped": _train(folder, "halted", stop_after=1, epochs=9),
        "seed": _train(folder, "as the seed", protocol="seed", epochs=1),
        "completed": _train(folder, "steady", epochs=1),
    }
    return folder, ids


@pytest.fixture
def trained(trained_once: tuple[Path, dict[str, str]], own_store: Path) -> Callable[[str], Run]:
    """Gives one of the trained runs, all of which now lie in this test's own store."""
    folder, ids = trained_once
    shutil.copytree(folder, own_store)

    def find(which: str) -> Run:
        store = RunStore()
        try:
            return store.get(ids[which])
        finally:
            store.close()

    return find


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            reason = "there is no Chromium: apt-get install chromium, or playwright install chromium"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def worker() -> str:
    """What trains for the server of `dashboard`: "thread", or "process" in a module that says so."""
    return "thread"


@pytest.fixture
def dashboard(tmp_path: Path, chromium: Browser, worker: str) -> Iterator[Dashboard]:
    """A server of its own, so that the first page opened is the first one it ever serves."""
    with closing(Dashboard(tmp_path, CIFAR_LAB_WORKER=worker)) as dashboard:
        dashboard.wait_until_ready()
        yield dashboard
        print(dashboard.log())  # shown where a test failed
        assert "Traceback" not in dashboard.log()


@pytest.fixture
def visitor(chromium: Browser, dashboard: Dashboard) -> Iterator[Visitor]:
    # Without the movements of Streamlit's widgets, which cost as much to draw as a page: the machine is small.
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    visitor = Visitor(context.new_page(), dashboard.url)
    yield visitor
    context.close()
    assert not visitor.complaints
