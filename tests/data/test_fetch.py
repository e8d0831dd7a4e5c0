from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10

from cifar_core.data import FetchProgress, dataset_status, fetch_cifar10
from cifar_core.data.cifar10_files import ARCHIVE
from cifar_core.data.fetch import PART, FetchCancelledError, bytes_kept
from cifar_core.errors import DataError
from tests.archive_server import BATCHES, NAMES, ArchiveServer
from tests.conftest import CIFAR10_FOLDER
from tests.data.test_datasets import sentence_of

HALF = 50_000
"""Bytes; the archive has some 140,000."""


def assert_whole(folder: Path, official: ArchiveServer) -> None:
    """The files that the server packed, its archive, and nothing else."""
    assert {file.name: file.read_bytes() for file in (folder / BATCHES).iterdir()} == official.files
    assert (folder / ARCHIVE).read_bytes() == official.archive
    assert sorted(os.listdir(folder)) == [BATCHES, ARCHIVE]
    assert dataset_status("cifar10", folder, verify=True).available


def cut_off(folder: Path, official: ArchiveServer, after: int = HALF) -> None:
    """A first attempt that ends midway."""
    official.cut_after = after
    sentence_of(lambda: fetch_cifar10(folder))
    official.cut_after = None
    assert (folder / PART).read_bytes() == official.content[:after]


def test_the_archive_is_downloaded_and_unpacked(tmp_path: Path, official: ArchiveServer) -> None:
    folder = tmp_path / "new" / "data"
    assert fetch_cifar10(folder) == folder
    assert_whole(folder, official)
    assert official.asked == [None]


def test_progress_tells_every_byte_once_and_each_stage(tmp_path: Path, official: ArchiveServer) -> None:
    told: list[FetchProgress] = []
    fetch_cifar10(tmp_path, told.append)
    size = len(official.archive)
    received = [progress.received for progress in told]
    assert received == sorted(received)
    assert (received[0], received[-1]) == (0, size)
    assert {progress.total for progress in told} == {size}
    assert list(dict.fromkeys(progress.stage for progress in told)) == ["downloading", "checking", "unpacking"]


def test_a_server_that_tells_no_length_is_understood(tmp_path: Path, official: ArchiveServer) -> None:
    official.tells_length = False
    told: list[FetchProgress] = []
    fetch_cifar10(tmp_path, told.append)
    assert {progress.total for progress in told if progress.stage == "downloading"} == {None}
    assert_whole(tmp_path, official)


def test_what_is_there_is_not_fetched_again(tmp_path: Path, official: ArchiveServer) -> None:
    fetch_cifar10(tmp_path)
    fetch_cifar10(tmp_path)
    assert len(official.asked) == 1


@pytest.mark.cifar10
def test_the_real_set_is_known_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/never-asked")
    assert fetch_cifar10(CIFAR10_FOLDER) == CIFAR10_FOLDER


def test_a_cut_connection_is_told_and_the_next_fetch_goes_on(tmp_path: Path, official: ArchiveServer) -> None:
    official.cut_after = HALF
    sentence = sentence_of(lambda: fetch_cifar10(tmp_path))
    assert f"cut off after 50,000 of {len(official.archive):,} bytes" in sentence
    assert bytes_kept(tmp_path) == HALF
    official.cut_after = None
    told: list[FetchProgress] = []
    fetch_cifar10(tmp_path, told.append)
    assert told[0] == FetchProgress(HALF, len(official.archive), "downloading")
    assert official.asked == [None, f"bytes={HALF}-"]
    assert_whole(tmp_path, official)


def test_a_server_that_cannot_begin_midway_sends_all_of_it(tmp_path: Path, official: ArchiveServer) -> None:
    cut_off(tmp_path, official)
    official.knows_ranges = False
    fetch_cifar10(tmp_path)
    assert official.asked == [None, f"bytes={HALF}-"]
    assert_whole(tmp_path, official)


def test_a_program_that_died_before_the_check_downloads_nothing_more(tmp_path: Path, official: ArchiveServer) -> None:
    (tmp_path / PART).write_bytes(official.archive)
    fetch_cifar10(tmp_path)
    assert official.asked == [f"bytes={len(official.archive)}-"]
    assert_whole(tmp_path, official)


@pytest.mark.parametrize("held", [b"from something else", b"x" * 1_000_000])
def test_a_part_of_something_else_is_thrown_away(tmp_path: Path, official: ArchiveServer, held: bytes) -> None:
    (tmp_path / PART).write_bytes(held)
    assert "damaged (its md5 is wrong) and was deleted" in sentence_of(lambda: fetch_cifar10(tmp_path))
    assert os.listdir(tmp_path) == []
    fetch_cifar10(tmp_path)
    assert_whole(tmp_path, official)


def test_a_wrong_md5_leaves_nothing_and_says_what_to_do(tmp_path: Path, official: ArchiveServer) -> None:
    official.content = b"<html>Please log in to this network</html>"
    sentence = sentence_of(lambda: fetch_cifar10(tmp_path))
    for part in (official.url, "its md5 is wrong", "try again", f"put {ARCHIVE}", str(tmp_path)):
        assert part in sentence
    assert os.listdir(tmp_path) == []


def test_a_cancelled_fetch_keeps_what_came(tmp_path: Path, official: ArchiveServer) -> None:
    seen: list[int] = []

    def enough() -> bool:
        return seen[-1] >= HALF

    with pytest.raises(FetchCancelledError, match=r"^The download of CIFAR-10 was stopped: 0 MB are kept in .+\.$"):
        fetch_cifar10(tmp_path, lambda progress: seen.append(progress.received), enough)
    assert HALF <= bytes_kept(tmp_path) == seen[-1] < len(official.archive)
    assert (tmp_path / PART).read_bytes() == official.archive[: seen[-1]]
    fetch_cifar10(tmp_path)
    assert official.asked == [None, f"bytes={seen[-1]}-"]
    assert_whole(tmp_path, official)


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusing_server_is_told_with_the_way_by_hand(tmp_path: Path, official: ArchiveServer, status: int) -> None:
    official.status = status
    sentence = sentence_of(lambda: fetch_cifar10(tmp_path))
    for part in (f"the server answered {status}", "try again", f"put {ARCHIVE} from {official.url} into {tmp_path}"):
        assert part in sentence
    assert os.listdir(tmp_path) == []


def test_a_refusing_server_costs_nothing_of_what_came(tmp_path: Path, official: ArchiveServer) -> None:
    cut_off(tmp_path, official)
    official.status = 500
    sentence_of(lambda: fetch_cifar10(tmp_path))
    assert bytes_kept(tmp_path) == HALF


def test_no_network_is_told_with_the_way_by_hand(tmp_path: Path, official: ArchiveServer) -> None:
    official.close()
    sentence = sentence_of(lambda: fetch_cifar10(tmp_path / "new"))
    assert sentence.startswith(f"CIFAR-10 could not be fetched into {tmp_path / 'new'} (Connection refused): try again")
    assert ARCHIVE in sentence
    assert os.listdir(tmp_path / "new") == []


def test_an_unknown_host_is_told(tmp_path: Path, official: ArchiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "(Name or service not known): try again" in sentence_of(lambda: fetch_cifar10(tmp_path))


def test_a_silent_server_is_told_and_what_came_is_kept(
    tmp_path: Path, official: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.data.transfer.TIMEOUT_SECONDS", 0.3)
    official.hold_after = HALF
    assert "timed out" in sentence_of(lambda: fetch_cifar10(tmp_path))
    assert bytes_kept(tmp_path) == HALF


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_told_with_the_folder(tmp_path: Path, official: ArchiveServer) -> None:
    (tmp_path / PART).symlink_to("/dev/full")
    sentence = sentence_of(lambda: fetch_cifar10(tmp_path))
    assert sentence.startswith(f"The disk that holds {tmp_path} is full: make room")


def test_a_disk_that_fills_up_midway_keeps_what_came(
    tmp_path: Path, official: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(tmp_path, official)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert "is full" in sentence_of(lambda: fetch_cifar10(tmp_path))
    assert (tmp_path / PART).read_bytes() == official.archive
    fetch_cifar10(tmp_path)
    assert_whole(tmp_path, official)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, official: ArchiveServer) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder, reason in ((file, "File exists"), (file / "below", "Not a directory")):
        sentence = sentence_of(lambda folder=folder: fetch_cifar10(folder))  # type: ignore[misc]
        assert sentence.startswith(f"CIFAR-10 could not be fetched into {folder} ({reason}): make that folder writable")
    assert official.asked == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(tmp_path: Path, official: ArchiveServer) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "(Permission denied): make that folder writable" in sentence_of(lambda: fetch_cifar10(tmp_path))
    finally:
        tmp_path.chmod(0o700)


def test_a_second_fetcher_is_sent_away_and_harms_nothing(tmp_path: Path, official: ArchiveServer) -> None:
    official.hold_after = HALF
    first = threading.Thread(target=fetch_cifar10, args=(tmp_path,))
    first.start()
    try:
        assert official.holding.wait(20)
        sentence = sentence_of(lambda: fetch_cifar10(tmp_path))
        assert (
            sentence
            == f"CIFAR-10 is being fetched into {tmp_path} already, by another program: wait until it is there."
        )
    finally:
        official.go_on.set()
        first.join(20)
    assert len(official.asked) == 1
    assert_whole(tmp_path, official)


def test_fetchers_at_once_leave_one_whole_set(tmp_path: Path, official: ArchiveServer) -> None:
    official.seconds_a_piece = 0.002
    outcomes: list[str] = []

    def fetch() -> None:
        try:
            fetch_cifar10(tmp_path)
            outcomes.append("fetched")
        except DataError as error:
            outcomes.append(str(error))

    fetchers = [threading.Thread(target=fetch) for _ in range(8)]
    for fetcher in fetchers:
        fetcher.start()
    for fetcher in fetchers:
        fetcher.join(30)
    assert "fetched" in outcomes
    assert all(outcome == "fetched" or "already, by another program" in outcome for outcome in outcomes), outcomes
    assert_whole(tmp_path, official)


@pytest.mark.parametrize("name", ["data_batch_1", "test_batch", "batches.meta"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_bytes(b"torn")], ids=["missing", "damaged"])
def test_a_damaged_set_is_repaired_and_other_files_stay(
    tmp_path: Path, official: ArchiveServer, name: str, harm: Callable[[Path], object]
) -> None:
    fetch_cifar10(tmp_path)
    (tmp_path / ARCHIVE).unlink()
    harm(tmp_path / BATCHES / name)
    (tmp_path / BATCHES / "notes.txt").write_text("mine")
    fetch_cifar10(tmp_path)
    assert (tmp_path / BATCHES / "notes.txt").read_text() == "mine"
    (tmp_path / BATCHES / "notes.txt").unlink()
    assert_whole(tmp_path, official)


def test_a_damaged_set_is_repaired_from_an_archive_that_is_at_hand(tmp_path: Path, official: ArchiveServer) -> None:
    fetch_cifar10(tmp_path)
    (tmp_path / BATCHES / NAMES[2]).unlink()
    fetch_cifar10(tmp_path)
    assert len(official.asked) == 1
    assert_whole(tmp_path, official)


def test_a_damaged_archive_is_replaced(tmp_path: Path, official: ArchiveServer) -> None:
    (tmp_path / ARCHIVE).write_bytes(official.archive[:HALF])
    fetch_cifar10(tmp_path)
    assert_whole(tmp_path, official)
