"""The data sets: CIFAR-10, and scikit-learn's digits for a machine without it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.cifar10_batches import read_cifar10
from cifar_core.data.cifar10_files import (
    ARCHIVE,
    CIFAR10_FOLDER,
    check_cifar10,
    looks_present,
    missing_cifar10,
    unpack_archive,
)
from cifar_core.errors import DataError, SpecError
from cifar_core.settings import data_folder

IMAGE_SIZE = 32
"""Side of every image, in pixels."""
DIGITS_TEST_IMAGES = 297

Split = Literal["train", "test"]
"""As the data set comes; which training images a run holds out is its own matter: see `splits`."""
SPLIT_WORDS: dict[Split, str] = {"train": "training", "test": "test"}

Images = NDArray[np.uint8]
Targets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """Images with their classes, in memory."""

    images: Images
    """uint8 [N, 32, 32, 3], RGB."""
    targets: Targets
    """int64 [N], class numbers from 0."""

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, index: NDArray[np.int64] | slice) -> LabelledImages:
        """The images at some positions."""
        return LabelledImages(self.images[index], self.targets[index])


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What is known of a data set without its images."""

    name: str
    title: str
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    """Of the training images by channel, in 0..1."""
    std: tuple[float, float, float]
    """Of the training images' pixels by channel, in 0..1."""
    train_images: int
    test_images: int
    can_be_mirrored: bool
    """Whether an image still shows its class when left and right change places."""
    is_grey: bool
    """Whether the three channels are equal."""


@dataclass(frozen=True, slots=True)
class ImageDataset(DatasetInfo):
    """A data set held in memory."""

    train: LabelledImages
    test: LabelledImages

    def part(self, split: Split) -> LabelledImages:
        """The training or the test images."""
        return self.train if split == "train" else self.test


# Means and deviations are over the training images; a test computes them anew.
_INFOS = {
    "cifar10": DatasetInfo(
        name="cifar10",
        title="CIFAR-10",
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        train_images=50_000,
        test_images=10_000,
        can_be_mirrored=True,
        is_grey=False,
    ),
    "digits": DatasetInfo(
        name="digits",
        title="Handwritten digits",
        class_names=tuple(str(digit) for digit in range(10)),
        mean=(0.3093, 0.3093, 0.3093),
        std=(0.3488, 0.3488, 0.3488),
        train_images=1_500,
        test_images=DIGITS_TEST_IMAGES,
        can_be_mirrored=False,
        is_grey=True,
    ),
}
DATASET_NAMES = tuple(_INFOS)


def dataset_info(name: str) -> DatasetInfo:
    """Class names, mean and deviation of a data set, whether or not its images are at hand.

    Raises:
        SpecError: there is no data set of that name.
    """
    if name not in _INFOS:
        raise SpecError(f"There is no data set {name!r}: choose one of {', '.join(DATASET_NAMES)}.")
    return _INFOS[name]


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """Whether a data set can be loaded, and a sentence about it."""

    name: str
    available: bool
    folder: str
    sentence: str


def load_dataset(name: str, folder: Path | None = None) -> ImageDataset:
    """Loads a data set into memory.

    Args:
        name: "cifar10" or "digits".
        folder: where CIFAR-10 lies; by default the folder of `settings.data_folder`.

    Raises:
        SpecError: there is no data set of that name.
        DataError: CIFAR-10 is missing or damaged.
    """
    info = dataset_info(name)
    train, test = _load_digits() if name == "digits" else _load_cifar10(folder or data_folder())
    return ImageDataset(**asdict(info), train=train, test=test)


def shared_dataset(name: str) -> ImageDataset:
    """A data set, loaded once a process: pages and the training thread read the same 180 MB.

    Raises:
        DataError: it is missing or damaged; a later call looks again.
    """
    return _load_once(name, data_folder().resolve())


@lru_cache(maxsize=2)
def _load_once(name: str, folder: Path) -> ImageDataset:
    return load_dataset(name, folder)


def dataset_status(name: str, folder: Path | None = None, verify: bool = False) -> DatasetStatus:
    """Whether a data set is at hand.

    Args:
        name: "cifar10" or "digits".
        folder: where CIFAR-10 lies; by default the folder of `settings.data_folder`.
        verify: also compare every file's md5 with the official one (about half a second).

    Raises:
        SpecError: there is no data set of that name.
    """
    info = dataset_info(name)
    if info.name == "digits":
        return DatasetStatus(name, True, "", "Handwritten digits come with scikit-learn: 1,797 images.")
    folder = folder or data_folder()
    try:
        if verify:
            check_cifar10(folder)
        elif not looks_present(folder):
            raise missing_cifar10(folder)
    except DataError as error:
        return DatasetStatus("cifar10", False, str(folder), str(error))
    checked = "every md5 is right" if verify else "present"
    return DatasetStatus("cifar10", True, str(folder), f"CIFAR-10 in {folder}: 60,000 images, {checked}.")


def available_datasets() -> list[str]:
    """Names of the data sets at hand, the best one first."""
    return [name for name in DATASET_NAMES if dataset_status(name).available]


def require_dataset(name: str) -> None:
    """Says so before a run is made, rather than after, if its data set is not at hand.

    Raises:
        SpecError: there is no data set of that name.
        DataError: it is missing.
    """
    dataset_info(name)
    status = dataset_status(name)
    if not status.available:
        raise DataError(status.sentence)


def _load_cifar10(folder: Path) -> tuple[LabelledImages, LabelledImages]:
    if not looks_present(folder):
        raise missing_cifar10(folder)
    if not (folder / CIFAR10_FOLDER).is_dir() and (folder / ARCHIVE).is_file():
        unpack_archive(folder)  # a person put it there by hand
    train, test = read_cifar10(folder)
    return LabelledImages(*train), LabelledImages(*test)


def _load_digits() -> tuple[LabelledImages, LabelledImages]:
    """8 x 8 handwritten digits, enlarged to 32 x 32 RGB; the last 297 of a seeded stratified order are the test set."""
    from PIL import Image
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    grey = (bunch.images / 16 * 255).round().astype(np.uint8)
    size = (IMAGE_SIZE, IMAGE_SIZE)
    large = np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)) for image in grey])
    images = np.repeat(large[..., None], 3, axis=-1)
    targets = bunch.target.astype(np.int64)
    order = np.arange(len(targets))
    train, test = train_test_split(order, test_size=DIGITS_TEST_IMAGES, stratify=targets, random_state=0)
    everything = LabelledImages(images, targets)
    return everything.take(train), everything.take(test)
