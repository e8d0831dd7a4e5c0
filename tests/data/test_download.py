from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cifar_core.data import FetchProgress, dataset_status
from cifar_core.data.download import DatasetDownload, RecentRate, running_download, start_download
from cifar_core.data.fetch import bytes_kept
from tests.archive_server import ArchiveServer
from tests.tiny import run_python

HALF = 50_000


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if isinstance(thread, DatasetDownload):
            thread.cancel()
            thread.join(20)
            assert not thread.is_alive()


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_fetches_in_the_background_and_is_gone_afterwards(tmp_path: Path, official: ArchiveServer) -> None:
    assert running_download(tmp_path) is None
    download = start_download(tmp_path)
    download.join(20)
    assert (download.error, download.is_cancelled) == (None, False)
    assert dataset_status("cifar10", tmp_path, verify=True).available
    size = len(official.archive)
    assert download.progress == FetchProgress(size, size, "unpacking")
    assert download.seconds_left is None
    assert running_download(tmp_path) is None


def test_whoever_asks_meanwhile_gets_the_same_download(tmp_path: Path, official: ArchiveServer) -> None:
    official.hold_after = HALF
    download = start_download(tmp_path)
    assert official.holding.wait(20)
    assert start_download(tmp_path) is download
    assert running_download(tmp_path) is download
    assert running_download(tmp_path / ".." / tmp_path.name) is download, "the folder counts, not how it is written"
    assert running_download(tmp_path / "other") is None
    wait_for(lambda: download.progress is not None and download.progress.received == HALF)
    assert download.progress == FetchProgress(HALF, len(official.archive), "downloading")
    assert len(official.asked) == 1


def test_a_cancelled_download_is_no_failure_and_the_next_one_goes_on(tmp_path: Path, official: ArchiveServer) -> None:
    official.seconds_a_piece = 0.05
    download = start_download(tmp_path)
    wait_for(lambda: bytes_kept(tmp_path))
    download.cancel()
    download.join(20)
    assert (download.is_alive(), download.is_cancelled, download.error) == (False, True, None)
    kept = bytes_kept(tmp_path)
    assert 0 < kept < len(official.archive)
    official.seconds_a_piece = 0
    start_download(tmp_path).join(20)
    assert official.asked == [None, f"bytes={kept}-"]
    assert dataset_status("cifar10", tmp_path, verify=True).available


def test_a_failed_download_tells_why_and_may_be_started_again(tmp_path: Path, official: ArchiveServer) -> None:
    official.status = 503
    failed = start_download(tmp_path)
    failed.join(20)
    assert failed.error is not None
    assert "the server answered 503" in failed.error
    official.status = None
    again = start_download(tmp_path)
    again.join(20)
    assert again.error is None
    assert dataset_status("cifar10", tmp_path, verify=True).available


def test_an_unforeseen_error_is_a_sentence_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("in some library")

    monkeypatch.setattr("cifar_core.data.download.fetch_cifar10", broken)
    download = start_download(tmp_path)
    download.join(20)
    assert download.error == f"CIFAR-10 could not be fetched into {tmp_path}: ZeroDivisionError."
    assert "in some library" in caplog.text


def test_a_closing_program_does_not_wait_for_a_silent_server(tmp_path: Path, official: ArchiveServer) -> None:
    official.hold_after = HALF
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from torchvision.datasets import CIFAR10\n"
        "from cifar_core.data.download import start_download\n"
        "from cifar_core.data.fetch import bytes_kept\n"
        "folder, CIFAR10.url = Path(sys.argv[1]), sys.argv[2]\n"
        "start_download(folder)\n"
        f"while bytes_kept(folder) < {HALF}: time.sleep(0.01)\n"
        "print(time.time())"
    )
    outcome = run_python(code, tmp_path, official.url)
    seconds = time.time() - float(outcome.stdout)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert seconds < 10
    assert bytes_kept(tmp_path) == HALF


def test_the_rate_of_late_tells_the_time_left() -> None:
    rate = RecentRate()
    assert rate.seconds_left(0, 1000, 0.0) is None
    for second in range(100):
        rate.note(10 * second, float(second))  # 10 a second ...
    assert rate.seconds_left(990, 1990, 99.0) == pytest.approx(100)
    for second in range(100, 130):
        rate.note(990 + 50 * (second - 99), float(second))  # ... then 50, and the slow beginning is forgotten
    assert rate.seconds_left(2490, 3490, 129.0) == pytest.approx(20)


def test_a_stall_lengthens_the_time_left() -> None:
    rate = RecentRate()
    for second in range(10):
        rate.note(100 * second, float(second))
    flowing = rate.seconds_left(900, 1800, 9.0)
    stalled = rate.seconds_left(900, 1800, 18.0)
    assert flowing == pytest.approx(9)
    assert stalled == pytest.approx(18)


def test_a_resumed_download_is_judged_by_what_comes_now() -> None:
    rate = RecentRate()
    rate.note(1_000_000, 0.0)
    assert rate.seconds_left(1_000_000, 2_000_000, 5.0) is None
    rate.note(1_000_100, 10.0)
    assert rate.seconds_left(1_000_100, 1_000_200, 10.0) == pytest.approx(10)
