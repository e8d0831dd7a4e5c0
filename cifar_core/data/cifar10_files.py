"""CIFAR-10 as it lies in the data folder: the official archive, the files it unpacks to, and their md5."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cifar_core.errors import DataError

CIFAR10_FOLDER = "cifar-10-batches-py"
"""In the data folder, as the official archive unpacks."""
ARCHIVE = "cifar-10-python.tar.gz"
# The md5 of each file as torchvision knows it; a test compares them. Its own list would bring torch along.
TRAIN_FILES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
TEST_FILES = {"test_batch": "40351d587109b95175f43aff81a1287e"}
META_FILES = {"batches.meta": "5ff9c542aee3614f3951f8cda6e48888"}


def looks_present(folder: Path) -> bool:
    """Whether a data folder holds CIFAR-10 at first sight, unpacked or as the archive."""
    # os.path, because Path.is_file raises for a path that is too long or may not be read.
    return os.path.isfile(folder / CIFAR10_FOLDER / "data_batch_1") or os.path.isfile(folder / ARCHIVE)


def missing_cifar10(folder: Path) -> DataError:
    """The error for a folder without CIFAR-10, with the three ways to it."""
    return DataError(
        f"CIFAR-10 is not in {folder}: run `python -m cifar_core data fetch`, put {ARCHIVE} there, "
        "or set CIFAR_LAB_DATA to the folder that holds cifar-10-batches-py."
    )


def check_cifar10(folder: Path) -> None:
    """Compares each file's md5 with the official one.

    Raises:
        DataError: naming the first file that is missing or damaged.
    """
    if not looks_present(folder):
        raise missing_cifar10(folder)
    if not (folder / CIFAR10_FOLDER).is_dir():
        _check_archive(folder / ARCHIVE)
        return
    for name in {**TRAIN_FILES, **TEST_FILES, **META_FILES}:
        read_checked(folder, name)


def read_checked(folder: Path, name: str) -> bytes:
    """What one of CIFAR-10's files holds, compared with the official md5.

    Args:
        folder: the data folder.
        name: of `TRAIN_FILES`, `TEST_FILES` or `META_FILES`.

    Raises:
        DataError: it is missing, damaged, or may not be read.
    """
    path, md5 = folder / CIFAR10_FOLDER / name, {**TRAIN_FILES, **TEST_FILES, **META_FILES}[name]
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _unusable(path, "missing") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise _unusable(path, "damaged (its md5 is wrong)")
    return content


def _unusable(path: Path, state: str) -> DataError:
    return DataError(f"{path} is {state}: delete {path.parent} and run `python -m cifar_core data fetch`.")


def is_official_archive(path: Path) -> bool:
    """Whether a file is there and is the official archive, by its md5 (about half a second)."""
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    return bool(check_integrity(str(path), CIFAR10.tgz_md5))


def unpack_archive(folder: Path) -> None:
    """Unpacks the official archive that lies in the data folder.

    Raises:
        DataError: the archive is damaged, or the folder cannot be written.
    """
    archive = folder / ARCHIVE
    from torchvision.datasets.utils import extract_archive

    _check_archive(archive)
    try:
        # Unpacked aside and renamed: whoever looks in the meantime, or after a crash, sees all of it or nothing.
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            extract_archive(str(archive), aside)
            _move_in(Path(aside) / CIFAR10_FOLDER, folder / CIFAR10_FOLDER)
    except OSError as error:
        raise DataError(f"{archive} cannot be unpacked into {folder}: {error.strerror or error}.") from None


def _check_archive(archive: Path) -> None:
    if not is_official_archive(archive):
        raise DataError(
            f"{archive} is damaged (its md5 is wrong): delete it and run `python -m cifar_core data fetch`."
        )


def _move_in(source: Path, destination: Path) -> None:
    if not destination.is_dir():
        try:
            os.replace(source, destination)
            return
        except OSError:
            if not destination.is_dir():  # else another process was first
                raise
    # File by file over what is damaged there: a folder that is not empty cannot be replaced as a whole.
    for file in source.iterdir():
        os.replace(file, destination / file.name)
