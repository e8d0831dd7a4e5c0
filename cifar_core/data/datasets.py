"""The data sets: CIFAR-10 through torchvision, and scikit-learn's digits for a machine without it."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cifar_core.errors import DataError, SpecError
from cifar_core.settings import data_folder

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

CIFAR10_FOLDER = "cifar-10-batches-py"
"""In the data folder, as the official archive unpacks."""
IMAGE_SIZE = 32
"""Side of every image, in pixels."""
DIGITS_TEST_IMAGES = 297
ARCHIVE = "cifar-10-python.tar.gz"

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


@dataclass(frozen=True, slots=True)
class ImageDataset(DatasetInfo):
    """A data set held in memory."""

    train: LabelledImages
    test: LabelledImages


# Means and deviations are over the training images; a test computes them anew.
_INFOS = {
    "cifar10": DatasetInfo(
        name="cifar10",
        title="CIFAR-10",
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
    ),
    "digits": DatasetInfo(
        name="digits",
        title="Handwritten digits",
        class_names=tuple(str(digit) for digit in range(10)),
        mean=(0.3093, 0.3093, 0.3093),
        std=(0.3488, 0.3488, 0.3488),
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
            _check_cifar10(folder)
        elif not _looks_present(folder):
            raise _missing(folder)
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


def fetch_cifar10(folder: Path | None = None) -> Path:
    """Downloads CIFAR-10 (170 MB) unless it is there already, and checks it.

    Raises:
        DataError: the download failed, the folder cannot be written, or what came is damaged.
    """
    folder = folder or data_folder()
    from torchvision.datasets.cifar import CIFAR10, download_and_extract_archive

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # `CIFAR10(download=True)` does not look at batches.meta: where only that is missing, it fetches nothing.
        if not dataset_status("cifar10", folder, verify=True).available:
            download_and_extract_archive(CIFAR10.url, str(folder), filename=ARCHIVE, md5=CIFAR10.tgz_md5)
    except (OSError, RuntimeError, EOFError, HTTPException) as error:
        reason = str(getattr(error, "reason", None) or error).rstrip(".")
        raise DataError(
            f"CIFAR-10 could not be fetched into {folder} ({reason}): "
            f"try again, or put {ARCHIVE} from {CIFAR10.url} there."
        ) from None
    _check_cifar10(folder)
    return folder


def _load_cifar10(folder: Path) -> tuple[LabelledImages, LabelledImages]:
    if not _looks_present(folder):
        raise _missing(folder)
    _unpack_archive(folder)
    from torchvision.datasets import CIFAR10

    try:
        # torchvision compares every file's md5 before it unpickles anything.
        with _quiet_pickles():
            train, test = CIFAR10(str(folder), train=True), CIFAR10(str(folder), train=False)
    except (OSError, RuntimeError) as error:
        _check_cifar10(folder)
        raise DataError(f"CIFAR-10 in {folder} cannot be read: {error}.") from None
    return _labelled(train), _labelled(test)


def _labelled(source: CIFAR10) -> LabelledImages:
    return LabelledImages(np.ascontiguousarray(source.data), np.asarray(source.targets, dtype=np.int64))


@contextmanager
def _quiet_pickles() -> Iterator[None]:
    """CIFAR-10's pickles are older than NumPy 2.4's rule about dtype arguments: the warning concerns nobody here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _looks_present(folder: Path) -> bool:
    # os.path, because Path.is_file raises for a path that is too long or may not be read.
    return os.path.isfile(folder / CIFAR10_FOLDER / "data_batch_1") or os.path.isfile(folder / ARCHIVE)


def _missing(folder: Path) -> DataError:
    return DataError(
        f"CIFAR-10 is not in {folder}: run `python -m cifar_core data fetch`, put {ARCHIVE} there, "
        "or set CIFAR_LAB_DATA to the folder that holds cifar-10-batches-py."
    )


def _check_cifar10(folder: Path) -> None:
    """Compares each file's md5 with the official one.

    Raises:
        DataError: naming the first file that is missing or damaged.
    """
    if not _looks_present(folder):
        raise _missing(folder)
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    base = folder / CIFAR10.base_folder
    if not base.is_dir():
        _check_archive(folder / ARCHIVE)
        return
    files = [*CIFAR10.train_list, *CIFAR10.test_list, [CIFAR10.meta["filename"], CIFAR10.meta["md5"]]]
    for name, md5 in files:
        if not check_integrity(str(base / name), md5):
            state = "damaged (its md5 is wrong)" if (base / name).exists() else "missing"
            raise DataError(f"{base / name} is {state}: delete {base} and run `python -m cifar_core data fetch`.")


def _check_archive(archive: Path) -> None:
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    if not check_integrity(str(archive), CIFAR10.tgz_md5):
        raise DataError(
            f"{archive} is damaged (its md5 is wrong): delete it and run `python -m cifar_core data fetch`."
        )


def _unpack_archive(folder: Path) -> None:
    """Unpacks the official archive if a person put it there by hand."""
    archive = folder / ARCHIVE
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import extract_archive

    if (folder / CIFAR10.base_folder).is_dir() or not archive.is_file():
        return
    _check_archive(archive)
    try:
        # Unpacked aside and renamed: whoever looks in the meantime, or after a crash, sees all of it or nothing.
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            extract_archive(str(archive), aside)
            os.replace(Path(aside) / CIFAR10.base_folder, folder / CIFAR10.base_folder)
    except OSError as error:
        if (folder / CIFAR10.base_folder).is_dir():
            return  # another process was first
        raise DataError(f"{archive} cannot be unpacked: {error}.") from None


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
