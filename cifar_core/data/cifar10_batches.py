"""CIFAR-10's official batches, read with NumPy alone: torchvision would bring torch along, which takes seconds."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.cifar10_files import META_FILES, TEST_FILES, TRAIN_FILES, read_checked

_SIDE, _CHANNELS = 32, 3
_ALLOWED = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Images, uint8 [N, 32, 32, 3], and their classes, int64 [N]."""


def read_cifar10(folder: Path) -> tuple[Batch, Batch]:
    """The training and the test images; every file's md5 is compared before anything in it is believed.

    Args:
        folder: the data folder, which holds the unpacked archive.

    Raises:
        DataError: a file is missing, damaged, or may not be read.
    """
    for name in META_FILES:
        read_checked(folder, name)
    return _read(folder, TRAIN_FILES), _read(folder, TEST_FILES)


def read_batch(content: bytes) -> Batch:
    """What one batch file holds.

    Args:
        content: of the file; it may come from anywhere, since nothing but arrays is made of it.

    Raises:
        Exception: of many kinds, where it is no batch.
    """
    with warnings.catch_warnings():
        # The pickles are older than NumPy 2.4's rule about dtype arguments: the warning concerns nobody here.
        warnings.simplefilter("ignore")
        batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    planes = np.asarray(batch[b"data"], dtype=np.uint8).reshape(-1, _CHANNELS, _SIDE, _SIDE)
    images = np.empty((len(planes), _SIDE, _SIDE, _CHANNELS), dtype=np.uint8)
    for channel in range(_CHANNELS):  # eight times as fast as all of them at once
        images[..., channel] = planes[:, channel]
    return images, np.asarray(batch[b"labels"], dtype=np.int64)


def _read(folder: Path, names: Iterable[str]) -> Batch:
    images, targets = zip(*(read_batch(read_checked(folder, name)) for name in names), strict=True)
    return np.concatenate(images), np.concatenate(targets)


class _ArrayUnpickler(pickle.Unpickler):
    """Makes NumPy arrays, and runs nothing else that a pickle may ask for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in CIFAR-10")
        return super().find_class(module, name)
