"""The file of scikit-learn's handwritten digits, read without importing scikit-learn: that takes a second."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cifar_core.errors import DataError

_FILE = Path("datasets", "data", "digits.csv.gz")
_SIDE, _BRIGHTEST = 8, 16


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """Every digit of the file.

    Returns:
        uint8 [N, 8, 8], grey in 0..255, and int64 [N], which digit each is.

    Raises:
        DataError: scikit-learn is not installed, or without its data.
    """
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise DataError("The handwritten digits come with scikit-learn, which is not installed.")
    path = Path(found.submodule_search_locations[0]) / _FILE
    try:
        table = np.loadtxt(gzip.decompress(path.read_bytes()).decode("ascii").splitlines(), delimiter=",")
    except (OSError, EOFError, ValueError) as error:
        raise DataError(
            f"The handwritten digits of scikit-learn cannot be read: {path} is missing or damaged."
        ) from error
    images = table[:, :-1].reshape(-1, _SIDE, _SIDE)
    return (images / _BRIGHTEST * 255).round().astype(np.uint8), table[:, -1].astype(np.int64)
