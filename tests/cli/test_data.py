from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cifar_core.data.fetch import bytes_kept
from tests.archive_server import ArchiveServer
from tests.cli.helpers import Cli
from tests.conftest import CIFAR10_FOLDER
from tests.tiny import PROJECT


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    """With an archive of 1.4 MB: it is told in whole MB."""
    server = ArchiveServer(file_bytes=200_000)
    server.stand_for_the_official_one(monkeypatch)
    yield server
    server.close()


def test_status_without_cifar10_says_how_to_get_it(cli: Cli, no_cifar10: Path) -> None:
    outcome = cli("data", "status")
    assert outcome.status == 0
    cifar10, digits = outcome.out.splitlines()
    assert cifar10.split()[:2] == ["cifar10", "missing"]
    assert "data fetch" in cifar10
    assert digits.split()[:2] == ["digits", "ok"]


def test_status_as_json_names_the_folder(cli: Cli, no_cifar10: Path) -> None:
    cifar10, digits = cli("data", "status", "--json").data
    assert (cifar10["name"], cifar10["available"], cifar10["folder"]) == ("cifar10", False, str(no_cifar10))
    assert (digits["name"], digits["available"]) == ("digits", True)


@pytest.mark.cifar10
def test_status_checks_cifar10_where_it_is(cli: Cli, no_cifar10: Path) -> None:
    cifar10 = cli("data", "status", "--data", CIFAR10_FOLDER, "--json").data[0]
    assert cifar10["available"]
    assert "60,000" in cifar10["sentence"]


@pytest.mark.cifar10
def test_status_tells_of_a_damaged_file(cli: Cli, damaged_cifar10: Path) -> None:
    cifar10 = cli("data", "status", "--json").data[0]
    assert not cifar10["available"]
    assert "data_batch_2 is damaged" in cifar10["sentence"]


@pytest.mark.cifar10
def test_fetch_keeps_what_is_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", "http://127.0.0.1:9/never-asked")
    outcome = cli("data", "fetch")
    assert outcome.status == 0
    assert "60,000 images" in outcome.out


def test_fetch_downloads_and_checks(cli: Cli, no_cifar10: Path, official: ArchiveServer) -> None:
    outcome = cli("data", "fetch")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"CIFAR-10 in {no_cifar10}: 60,000 images, every md5 is right.\n"


def test_fetch_without_a_network_says_what_to_do(cli: Cli, no_cifar10: Path, official: ArchiveServer) -> None:
    official.close()
    cli("data", "fetch").assert_refused(1, "Connection refused", str(no_cifar10), "cifar-10-python.tar.gz")
    assert list(no_cifar10.iterdir()) == []


def test_fetch_into_a_place_that_cannot_be_made_says_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cli("data", "fetch", "--data", tmp_path / "file" / "data").assert_refused(1, "Not a directory")


_FETCH = (
    "import sys\n"
    "from torchvision.datasets import CIFAR10\n"
    "CIFAR10.url, CIFAR10.tgz_md5 = sys.argv.pop(), sys.argv.pop()\n"
    "from cifar_core.__main__ import main\n"
    "main()"
)


@contextmanager
def fetching(folder: Path, official: ArchiveServer) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`data fetch` in a process and on a terminal of its own; gives the process and the terminal's other end."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    md5 = hashlib.md5(official.archive).hexdigest()
    command = [sys.executable, "-c", _FETCH, "data", "fetch", "--data", str(folder), md5, official.url]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def printed_on(terminal: int) -> str:
    """All that comes until the program ends."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how a terminal says that nobody is at its other end
            piece = b""
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)


def test_ctrl_c_keeps_what_came_and_says_so(tmp_path: Path, official: ArchiveServer) -> None:
    official.hold_after = 1_000_000
    with fetching(tmp_path, official) as (process, terminal):
        assert official.holding.wait(60)
        deadline = time.monotonic() + 20
        while bytes_kept(tmp_path) < official.hold_after and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        text = printed_on(terminal)
    assert process.returncode == 130
    bar, _, sentence = text.rpartition("\r")[0].rpartition("\r")
    assert sentence == "error: Interrupted: 1 MB are kept, and `data fetch` goes on from there."
    assert "downloading:   0%" in bar
    assert "/1.40M [" in bar
    assert bytes_kept(tmp_path) == 1_000_000


def test_a_killed_fetch_leaves_no_lock_behind(cli: Cli, tmp_path: Path, official: ArchiveServer) -> None:
    official.hold_after = 1_000_000
    with fetching(tmp_path, official) as (process, _):
        assert official.holding.wait(60)
        cli("data", "fetch", "--data", tmp_path).assert_refused(1, "is being fetched", "already, by another program")
        process.kill()
        process.wait()
    official.hold_after = None
    assert cli("data", "fetch", "--data", tmp_path).status == 0
    begin = official.asked[-1]
    assert begin is not None
    assert 0 < int(begin.removeprefix("bytes=").removesuffix("-")) <= 1_000_000
