"""CIFAR-10 as it lies in the data folder: the official archive, the files it unpacks to, and their md5."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cifar_core.errors import DataError

CIFAR10_FOLDER = "cifar-10-batches-py"
"""In the data folder, as the official archive unpacks."""
ARCHIVE = "cifar-10-python.tar.gz"


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
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    base = folder / CIFAR10_FOLDER
    if not base.is_dir():
        _check_archive(folder / ARCHIVE)
        return
    files = [*CIFAR10.train_list, *CIFAR10.test_list, [CIFAR10.meta["filename"], CIFAR10.meta["md5"]]]
    for name, md5 in files:
        if not check_integrity(str(base / name), md5):
            state = "damaged (its md5 is wrong)" if (base / name).exists() else "missing"
            raise DataError(f"{base / name} is {state}: delete {base} and run `python -m cifar_core data fetch`.")


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
