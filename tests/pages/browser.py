"""A real Chromium before a real server, on a machine without CIFAR-10."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.tiny import PROJECT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 60_000
"""Milliseconds that anything may take on a busy machine; nothing waits longer than it must."""
HARMLESS = (
    "ERR_NAME_NOT_RESOLVED",
    "ERR_INTERNET_DISCONNECTED",
    "/_stcore/",
    "/media/",
    "Download Button source error - 404",
)
"""Streamlit asks for a file of its own site, and on a deep link looks for its server in several places. Pictures below
the window are loaded when they come into sight, and those of a gallery that was replaced meanwhile are gone by then. So
is a file to download that another one took the place of before the browser had looked whether it is there."""

expect.set_options(timeout=PATIENCE)


class Dashboard:
    """A running `streamlit run app.py`."""

    def __init__(self, folder: Path, source: Path = PROJECT, watcher: str = "none", **variables: str) -> None:
        """Starts it.

        Args:
            folder: for its runs, its data and its log.
            source: where `app.py` lies.
            watcher: how it looks for edits of the source, which re-import half of it; by default not at all.
            variables: of its environment.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.runs, data, self._log = folder / "runs", folder / "data", folder / "server.log"
        data.mkdir()
        folders = {"CIFAR_LAB_RUNS": str(self.runs), "CIFAR_LAB_DATA": str(data)}
        environment = {**os.environ, **folders, "CIFAR_LAB_EXAMPLES": "no", **variables}
        environment.pop("CIFAR_LAB_STORE", None)
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command.append(f"--server.fileWatcherType={watcher}")
        command.append(f"--server.port={urlparse(self.url).port}")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, cwd=source, env=environment, stdout=log, stderr=log)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log()
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                return
            time.sleep(0.1)
        pytest.fail(f"the server did not come up: {self.log()}")

    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> int:
        """Ends it as a system does that shuts down; returns its exit status."""
        self._process.terminate()
        return self._process.wait(30)

    def close(self) -> None:
        try:
            self.end()
        finally:
            self._process.kill()
            self._process.wait()


def fill_in(box: Locator, text: str) -> None:
    """What a box holds, replaced and sent."""
    box.fill(text)
    box.press("Enter")


class Visitor:
    """A person before the browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self._url = page, url
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        text = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not any(known in text for known in HARMLESS):
            self.complaints.append(text)

    def open(self, name: str, query: str = "") -> None:
        self.page.goto(f"{self._url}/{'' if name == 'home' else name}{query}", wait_until="domcontentloaded")
        self.expect_page(name)

    def expect_page(self, name: str) -> None:
        title = "CIFAR Lab" if name == "home" else name.capitalize()
        expect(self.main.get_by_role("heading", name=title, exact=True).first).to_be_visible()
        expect(self.page.locator(STILL)).to_be_attached()
        expect(self.strip).to_be_visible()
        assert urlparse(self.page.url).path.strip("/") == ("" if name == "home" else name)

    def go(self, name: str) -> None:
        """Through the menu."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=name.capitalize(), exact=True).click()
        self.expect_page(name)

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMain")

    @property
    def strip(self) -> Locator:
        return self.main.get_by_text("On the workbench:")

    def metric(self, label: str) -> Locator:
        return self.main.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")

    def widget(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def choose(self, key: str, option: str) -> None:
        self.widget(key).get_by_role("combobox").click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def expect_choice(self, key: str, option: str) -> None:
        expect(self.widget(key).get_by_role("combobox")).to_have_value(option)

    def enter(self, label: str, text: str) -> None:
        fill_in(self.main.get_by_role("spinbutton", name=label, exact=True), text)

    def expect_query(self, **expected: str) -> None:
        self.page.wait_for_function(
            "expected => { const got = new URLSearchParams(location.search);"
            " return Object.entries(expected).every(([name, value]) => got.get(name) === value); }",
            arg=expected,
        )

    def expect_curves(self, *titles: str) -> None:
        """Waits for the learning curves of these runs and no others; a chart's tools bear its name."""
        tool = self.main.get_by_role(
            "button", exact=True, name=f"Fullscreen: Accuracy, loss and learning rate of {', '.join(titles)}"
        )
        expect(tool).to_be_attached()

    def overflow(self) -> int:
        """Screen pixels by which the page is wider than its window."""
        return int(self.main.evaluate("main => main.scrollWidth - main.clientWidth"))

    def click_cell(self, scope: str, true_class: int, predicted_class: int) -> None:
        """With the mouse, where the confusion matrix of a run and set has the cell."""
        chart = self.widget(f"matrix-{scope}").get_by_test_id("stPlotlyChart")
        expect(chart.locator("g.ytick")).to_have_count(10)
        chart.scroll_into_view_if_needed()
        across = chart.locator("g.xtick").nth(predicted_class).bounding_box()
        down = chart.locator("g.ytick").nth(true_class).bounding_box()
        assert across is not None
        assert down is not None
        self.page.mouse.click(across["x"] + across["width"] / 2, down["y"] + down["height"] / 2)
