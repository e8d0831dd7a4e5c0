"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cifar_core.errors import StoreError


def write_atomically(path: Path, content: bytes) -> None:
    """Writes beside the destination, flushes, then renames: after a crash the file is the old one or the new one.

    Raises:
        StoreError: the folder cannot be written or the disk is full; the file that was there is untouched.
    """
    with staged(path, content) as put:
        put()


@contextmanager
def staged(path: Path, content: bytes) -> Iterator[Callable[[], None]]:
    """Writes and flushes a file beside its destination, for a block that decides when it gets its name.

    Gives a function that renames it at once. Called again, it only makes sure that the rename lasts: the first call may
    have failed there. What the block did not put in its place is removed.

    Raises:
        StoreError: it cannot be written or renamed, or what is there is no plain file; it is untouched then.
    """
    path = _destination(path)
    # Not tempfile: its files are for their owner alone, and runs may be meant for a whole class.
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    is_put = False

    def put() -> None:
        nonlocal is_put
        with _sentence(path):
            if not is_put:
                os.replace(temporary, path)
                is_put = True
            _sync_folder(path.parent)

    try:
        with _sentence(path):
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        yield put
    finally:
        if not is_put:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _destination(path: Path) -> Path:
    """Where to write: behind a link, what it points to. A device or a pipe must not become a file.

    Raises:
        StoreError: something is there that is no file.
    """
    with _sentence(path):
        place = path.resolve() if path.is_symlink() else path
        if place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if place.exists() and not place.is_file():
            raise StoreError(f"{path} cannot be written: it is no plain file.")
    return place


def remove_leftovers(folder: Path) -> None:
    """Removes what `staged` left beside its destinations where a process ended in the middle of it."""
    for path in folder.glob(".*.*"):
        if re.fullmatch(r"\..+\.[0-9a-f]{16}", path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def rename(path: Path, destination: Path) -> None:
    """Gives a file another name; what had that name before is gone.

    Raises:
        StoreError: it cannot be done.
    """
    with _sentence(destination):
        os.replace(path, destination)


@contextmanager
def _sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from None


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes a folder and its parents if they are not there.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {error.strerror or error}.") from None
