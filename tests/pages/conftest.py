"""Every test here runs on handwritten digits unless it is marked cifar10, and leaves no thread behind."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from cifar_core.runs import Run, RunStore, TrainingJobs
from cifar_core.runs.experiment import RunListener, execute_run
from tests.pages.browser import FLAGS, Dashboard, Visitor
from tests.tiny import tiny_config


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
    """Opening a page starts the background thread of its store."""
    yield
    for thread in threading.enumerate():
        if isinstance(thread, TrainingJobs):
            thread.close()
            assert not thread.is_alive()


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The background thread takes nothing: what is queued stays queued."""
    monkeypatch.setattr(TrainingJobs, "_execute_next", lambda jobs: False)


@pytest.fixture
def store(own_store: Path) -> Iterator[RunStore]:
    store = RunStore()
    yield store
    store.close()


def _train(folder: Path, name: str, stop_after: int | None = None, **training: object) -> str:
    """Trains into a folder; with `stop_after`, a person asks to stop after that epoch."""
    store = RunStore(folder=folder)
    claim = store.start(tiny_config(name, limit_test=None, **training))  # type: ignore[arg-type]

    def asks_to_stop() -> bool:
        if len(store.epochs(claim.run_id)) != stop_after:
            return False
        store.request_stop(claim.run_id)
        return True

    execute_run(store, claim, RunListener(should_stop=asks_to_stop))
    store.close()
    return claim.run_id


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
def dashboard(tmp_path: Path, chromium: Browser) -> Iterator[Dashboard]:
    """A server of its own, so that the first page opened is the first one it ever serves."""
    with closing(Dashboard(tmp_path)) as dashboard:
        dashboard.wait_until_ready()
        yield dashboard
        print(dashboard.log())  # shown where a test failed
        assert "Traceback" not in dashboard.log()


@pytest.fixture
def visitor(chromium: Browser, dashboard: Dashboard) -> Iterator[Visitor]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    visitor = Visitor(context.new_page(), dashboard.url)
    yield visitor
    context.close()
    assert not visitor.complaints
