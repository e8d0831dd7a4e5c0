"""A few photographs to draw on, at hand without torch: CIFAR-10's if it is here, else scikit-learn's samples."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cifar_core.data.cifar10_batches import read_batch
from cifar_core.data.cifar10_files import CIFAR10_FOLDER
from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.settings import data_folder

NUM_PHOTOS = 8
_SAMPLES = ("china.jpg", "flower.jpg")
"""In `sklearn/datasets/images`."""


def sample_photos(folder: Path | None = None) -> tuple[Images, str]:
    """Some photographs and where they come from.

    Returns:
        uint8 [N, 32, 32, 3] with 1 <= N <= `NUM_PHOTOS`, and a name for the source.
    """
    return _of_cifar10(folder or data_folder()) or _of_scikit_learn() or (_checker(), "a drawn pattern")


def _of_cifar10(folder: Path) -> tuple[Images, str] | None:
    """The first training images, read from their file alone: the whole data set would bring torch along."""
    try:
        images, _ = read_batch((folder / CIFAR10_FOLDER / "data_batch_1").read_bytes())
    except Exception:  # whatever is wrong with it: other photographs do as well
        return None
    return images[:NUM_PHOTOS], "CIFAR-10"


def _of_scikit_learn() -> tuple[Images, str] | None:
    # Its folder is looked up without importing it, which takes a second.
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        return None
    from PIL import Image, ImageOps

    pictures = []
    for name in _SAMPLES:
        path = Path(found.submodule_search_locations[0]) / "datasets" / "images" / name
        if not path.is_file():
            return None
        with Image.open(path, formats=["JPEG"]) as image:
            pictures.append(np.asarray(ImageOps.fit(image.convert("RGB"), (IMAGE_SIZE, IMAGE_SIZE))))
    return np.stack(pictures), "scikit-learn's sample photographs"


def _checker() -> Images:
    tile = np.indices((IMAGE_SIZE, IMAGE_SIZE)).sum(axis=0) // 4 % 2
    return (np.repeat(tile[None, :, :, None], 3, axis=3) * 120 + 80).astype(np.uint8)
