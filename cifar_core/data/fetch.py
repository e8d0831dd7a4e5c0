"""Fetching CIFAR-10: the official archive, resumed where it can be, checked, and unpacked."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from cifar_core.data.cifar10_files import ARCHIVE, check_cifar10, is_official_archive, unpack_archive
from cifar_core.data.transfer import TransferError, download_into
from cifar_core.errors import DataError
from cifar_core.settings import data_folder
from cifar_core.words import megabytes

PART = f"{ARCHIVE}.part"
"""What has come so far, in the data folder."""
_FULL = (errno.ENOSPC, errno.EDQUOT)

FetchStage = Literal["downloading", "checking", "unpacking"]


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a fetch is."""

    received: int
    """Bytes of the archive on this machine, those of earlier attempts included."""
    total: int | None
    """Bytes of the whole archive, where the server says."""
    stage: FetchStage


class FetchCancelledError(DataError):
    """The fetch was asked to stop; what came is kept."""


def bytes_kept(folder: Path | None = None) -> int:
    """Bytes that an unfinished download left in the data folder; the next one goes on from there."""
    try:
        return ((folder or data_folder()) / PART).stat().st_size
    except OSError:
        return 0


def fetch_cifar10(
    folder: Path | None = None,
    on_progress: Callable[[FetchProgress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Downloads CIFAR-10 (170 MB) unless it is there already, checks and unpacks it.

    Args:
        folder: where it goes; by default the folder of `settings.data_folder`.
        on_progress: told after every piece that came, and when a stage begins.
        should_stop: asked after every piece that came.

    Returns:
        The folder.

    Raises:
        FetchCancelledError: `should_stop` said so; what came is kept for the next fetch.
        DataError: the download failed, the folder cannot be written, another fetch into it is under way, or what came
            is damaged.
    """
    folder = folder or data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_whole(folder):
            with _only_fetcher(folder) as part:
                if not _is_whole(folder):  # else the fetcher before has just brought it
                    _bring_archive(folder, part, on_progress, should_stop)
                    size = (folder / ARCHIVE).stat().st_size
                    on_progress(FetchProgress(size, size, "unpacking"))
                    unpack_archive(folder)
    except TransferError as error:
        raise DataError(
            f"CIFAR-10 could not be fetched into {folder} ({error}): try again, or {_by_hand(folder)}."
        ) from None
    except OSError as error:
        raise _unwritable(folder, error) from None
    check_cifar10(folder)
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        check_cifar10(folder)
    except DataError:
        return False
    return True


def _bring_archive(
    folder: Path, part: BinaryIO, on_progress: Callable[[FetchProgress], None], should_stop: Callable[[], bool]
) -> None:
    """Leaves the right archive in the folder, without a download where it lies there."""
    if is_official_archive(folder / ARCHIVE):
        return

    def on_bytes(received: int, total: int | None) -> None:
        on_progress(FetchProgress(received, total, "downloading"))

    if not download_into(part, _url(), on_bytes, should_stop):
        raise FetchCancelledError(
            f"The download of CIFAR-10 was stopped: {megabytes(part.tell())} are kept in {folder}, "
            "and the next one goes on from there."
        )
    os.fsync(part.fileno())
    on_progress(FetchProgress(part.tell(), part.tell(), "checking"))
    if not is_official_archive(folder / PART):
        (folder / PART).unlink()
        raise DataError(
            f"What {_url()} sent is damaged (its md5 is wrong) and was deleted: try again, or {_by_hand(folder)}."
        )
    os.replace(folder / PART, folder / ARCHIVE)


@contextmanager
def _only_fetcher(folder: Path) -> Iterator[BinaryIO]:
    """Opens the part file under a lock on it, which ends with the process that holds it.

    Raises:
        DataError: another fetcher holds it.
    """
    import fcntl  # only here: all but the download works on systems without it

    path = folder / PART
    while True:
        with path.open("ab") as part:
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataError(
                    f"CIFAR-10 is being fetched into {folder} already, by another program: wait until it is there."
                ) from None
            if not _is_at(path, part):  # renamed or deleted by its last holder, between the opening and the lock
                continue
            try:
                yield part
            finally:
                if _is_at(path, part) and not bytes_kept(folder):
                    path.unlink()
            return


def _is_at(path: Path, file: BinaryIO) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))


def _unwritable(folder: Path, error: OSError) -> DataError:
    if error.errno in _FULL:
        return DataError(
            f"The disk that holds {folder} is full: make room for 360 MB and fetch CIFAR-10 again, "
            "which goes on from what came."
        )
    return DataError(
        f"CIFAR-10 could not be fetched into {folder} ({error.strerror or error}): make that folder writable, "
        "or set CIFAR_LAB_DATA to one that is."
    )


def _by_hand(folder: Path) -> str:
    return f"put {ARCHIVE} from {_url()} into {folder}"


def _url() -> str:
    from torchvision.datasets import CIFAR10

    return str(CIFAR10.url)
