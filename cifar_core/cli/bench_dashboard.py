"""A dashboard to measure: its server on a run folder of its own, a visitor, and a training to switch on and off."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

import cifar_core
from cifar_core.errors import BenchError
from cifar_core.runs import RunConfig, RunState, RunStore
from cifar_core.settings import data_folder

ROOT = Path(cifar_core.__file__).resolve().parent.parent
"""Where `app.py` and the server's settings lie."""
START_SECONDS = 120.0
"""How long a server may take to answer, a training to begin or end, and its progress to move."""
CLOSE_SECONDS = 30.0
"""How long a closing server may take for the running batch."""
POLL_SECONDS = 0.1


@contextmanager
def bench_folder() -> Iterator[Path]:
    """A folder for a benchmark of the dashboard, gone with the block; a program that is told to end leaves it in order.

    Raises:
        BenchError: this is no copy of the repository.
    """
    if not (ROOT / "app.py").is_file():
        raise BenchError(f"There is no app.py in {ROOT}: this is measured in a copy of the repository.")
    # As on Ctrl-C: the dashboard is closed first.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with TemporaryDirectory(prefix="cifar-lab-bench-", ignore_cleanup_errors=True) as name:
            yield Path(name)
    finally:
        signal.signal(signal.SIGTERM, before)


def environment(runs: Path, **variables: str) -> dict[str, str]:
    """The variables for a child program that keeps its runs in a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "CIFAR_LAB_STORE"}
    return {
        **inherited,
        "CIFAR_LAB_RUNS": str(runs),
        "CIFAR_LAB_EXAMPLES": "no",
        # The child starts in another folder, where a relative path would mean something else.
        "CIFAR_LAB_DATA": str(data_folder().resolve()),
        **variables,
    }


@contextmanager
def dashboard(app: Path, log: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Runs a server until the block ends, however it ends; gives its URL.

    Args:
        app: the main script.
        log: a file for what the server prints.
        variables: its environment.

    Raises:
        BenchError: it does not come up.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless=true", f"--server.port={port}"]
    with log.open("w") as output, _child(command, variables, stdout=output, stderr=output) as server:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            if server.poll() is not None:
                raise BenchError(f"The dashboard did not start: {_last_line(log)}")
            with suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return True
            return False

        _await(answers, "The dashboard did not answer")
        yield url


class Visitor:
    """A person with a tab open on each page; see `cifar_core.ui.probe`."""

    def __init__(self, probe: subprocess.Popen[str]) -> None:
        self._probe = probe

    def rerun(self, **request: object) -> dict[str, Any]:
        """Has a page rerun.

        Args:
            request: the page, and what to move on it.

        Raises:
            BenchError: the page shows an error, or there is none.
        """
        assert self._probe.stdin is not None
        assert self._probe.stdout is not None
        with suppress(BrokenPipeError):  # told below: it has no answer
            self._probe.stdin.write(json.dumps(request) + "\n")
            self._probe.stdin.flush()
        line = self._probe.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "The program that visits pages ended early."}
        if "error" in answer:
            raise BenchError(answer["error"])
        return answer


@contextmanager
def visitor(url: str, log: Path) -> Iterator[Visitor]:
    """Opens a visitor, in a process of its own, as a browser is, until the block ends.

    Args:
        url: of the dashboard.
        log: a file for its complaints.
    """
    command = [sys.executable, "-m", "cifar_core.ui.probe", url]
    pipe = subprocess.PIPE
    with log.open("w") as complaints, _child(command, os.environ, stdin=pipe, stdout=pipe, stderr=complaints) as probe:
        yield Visitor(probe)


@contextmanager
def _child(command: list[str], variables: Mapping[str, str], **streams: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that ends with the block, and takes its own children along.

    It has a session of its own: Ctrl-C is this program's to hear, which then ends its children in order.
    """
    child = subprocess.Popen(command, cwd=ROOT, env=variables, text=True, start_new_session=True, **streams)
    try:
        yield child
    finally:
        family = []
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(child.pid).children(recursive=True)
        child.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                child.wait(CLOSE_SECONDS)
        finally:
            child.kill()
            for member in family:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()


class Training:
    """A run that the dashboard's background thread trains, until `stop`."""

    def __init__(self, store: RunStore, config: RunConfig) -> None:
        """Queues a run, and waits until it really trains.

        Raises:
            BenchError: it does not begin.
        """
        self._store = store
        self._run_id = store.enqueue(config).id
        self._images, self._since = self._next_progress(0)

    def stop(self) -> tuple[int, float]:
        """Stops the run and waits for its end.

        Returns:
            Images trained since it began, and the seconds between the two reports that tell so.

        Raises:
            BenchError: it stood still, broke off, or does not end.
        """
        images, now = self._next_progress(self._images)
        self._store.request_stop(self._run_id)
        _await(lambda: self._store.get(self._run_id).state.is_over, "The training did not stop")
        return images - self._images, now - self._since

    def _next_progress(self, seen: int) -> tuple[int, float]:
        """Waits for a report of more images than those seen; tells them, and when it came."""
        images = _await(lambda: max(self._trained() - seen, 0), "The training stood still")
        return seen + images, time.perf_counter()

    def _trained(self) -> int:
        run = self._store.get(self._run_id)
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            raise BenchError(f"The training ended by itself: it is {run.state}. {run.error or ''}".strip())
        progress = run.progress
        if progress is None or progress.stage != "training":
            return 0
        return ((progress.epoch - 1) * progress.batches + progress.batch) * run.config.training.batch_size


def _await(ask: Callable[[], int], complaint: str) -> int:
    """Asks until the answer is truthy."""
    deadline = time.monotonic() + START_SECONDS
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise BenchError(f"{complaint} within {START_SECONDS:.0f} s.")
        time.sleep(POLL_SECONDS)
    return answer


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing.")
