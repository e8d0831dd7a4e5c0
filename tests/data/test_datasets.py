from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from torchvision.datasets import CIFAR10

from cifar_core.data import (
    DATASET_NAMES,
    ImageDataset,
    dataset_info,
    dataset_status,
    load_dataset,
    shared_dataset,
)
from cifar_core.data.cifar10_batches import read_batch
from cifar_core.data.cifar10_files import ARCHIVE, META_FILES, TEST_FILES, TRAIN_FILES
from cifar_core.errors import DataError, SpecError
from tests.conftest import CIFAR10_FOLDER
from tests.tiny import run_python

BATCHES = CIFAR10.base_folder
FILES = [*(name for name, _ in CIFAR10.train_list), "test_batch", "batches.meta"]


@pytest.fixture
def linked_cifar10(tmp_path: Path) -> Path:
    """A data folder whose files are links to the real ones, so that a test may replace one."""
    batches = tmp_path / "data" / BATCHES
    batches.mkdir(parents=True)
    for name in FILES:
        (batches / name).symlink_to(CIFAR10_FOLDER / BATCHES / name)
    return tmp_path / "data"


def sentence_of(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as refused:
        call()
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_importing_the_room_loads_neither_torch_nor_albumentations_and_silences_its_update_check() -> None:
    program = (
        "import os, sys\n"
        "os.environ.pop('NO_ALBUMENTATIONS_UPDATE', None)\n"
        "import cifar_core.data, cifar_core.data.augmentation.pipeline\n"
        "assert os.environ['NO_ALBUMENTATIONS_UPDATE'] == '1'\n"
        "assert not {'torch', 'torchvision', 'albumentations', 'sklearn'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_digits_are_images_like_those_of_cifar10(digits: ImageDataset) -> None:
    assert (len(digits.train), len(digits.test)) == (1_500, 297)
    for part in (digits.train, digits.test):
        assert part.images.shape == (len(part), 32, 32, 3)
        assert part.images.dtype == np.uint8
        assert part.targets.dtype == np.int64
        assert np.array_equal(part.images[..., 0], part.images[..., 2])
    assert digits.class_names == tuple("0123456789")


def test_digits_keep_their_share_of_every_class(digits: ImageDataset) -> None:
    everything = np.bincount(load_digits().target)
    held_out = np.bincount(digits.test.targets, minlength=10)
    assert np.array_equal(np.bincount(digits.train.targets) + held_out, everything)
    assert np.abs(held_out - everything * 297 / 1797).max() <= 1


def test_digits_show_the_number_of_their_class(digits: ImageDataset) -> None:
    # Shrunk back to 8 x 8, an image is closest to the original it came from, whose class we know.
    bunch = load_digits()
    for position in range(0, 297, 27):
        small = digits.test.images[position, ..., 0].reshape(8, 4, 8, 4).mean(axis=(1, 3)) / 255 * 16
        nearest = np.abs(bunch.images - small).sum(axis=(1, 2)).argmin()
        assert bunch.target[nearest] == digits.test.targets[position]


def test_digits_are_the_same_every_time(digits: ImageDataset) -> None:
    again = load_dataset("digits")
    assert np.array_equal(again.train.images, digits.train.images)
    assert np.array_equal(again.test.targets, digits.test.targets)


def test_no_digit_is_in_both_parts(digits: ImageDataset) -> None:
    test = {image.tobytes() for image in digits.test.images}
    assert not any(image.tobytes() in test for image in digits.train.images)


def test_the_number_of_digits_is_known_without_them(digits: ImageDataset) -> None:
    info = dataset_info("digits")
    assert (info.train_images, info.test_images) == (len(digits.train), len(digits.test))


def test_digits_mean_and_deviation_are_those_of_the_training_pixels(digits: ImageDataset) -> None:
    pixels = digits.train.images.reshape(-1, 3) / 255
    assert digits.mean == tuple(round(float(figure), 4) for figure in pixels.mean(axis=0))
    assert digits.std == tuple(round(float(figure), 4) for figure in pixels.std(axis=0))


def test_digits_are_always_available(no_cifar10: Path) -> None:
    status = dataset_status("digits")
    assert (status.name, status.available) == ("digits", True)
    assert "1,797 images" in status.sentence


def test_take_picks_positions(digits: ImageDataset) -> None:
    part = digits.train.take(np.array([5, 2]))
    assert len(part) == 2
    assert np.array_equal(part.images[1], digits.train.images[2])
    assert len(digits.train.take(slice(3))) == 3


@pytest.mark.parametrize("ask", [load_dataset, dataset_status, dataset_info])
def test_unknown_data_set_is_refused_with_the_known_ones(ask: Callable[[str], object]) -> None:
    with pytest.raises(SpecError, match=r"^There is no data set 'imagenet': choose one of cifar10, digits\.$"):
        ask("imagenet")


@pytest.mark.parametrize("name", DATASET_NAMES)
def test_what_is_known_without_images_is_ten_classes_and_plausible_figures(name: str) -> None:
    info = dataset_info(name)
    assert info.name == name
    assert len(set(info.class_names)) == 10
    assert all(0 < figure < 1 for figure in (*info.mean, *info.std))


@pytest.mark.cifar10
def test_cifar10_has_its_official_sizes_and_classes(cifar10: ImageDataset) -> None:
    assert (len(cifar10.train), len(cifar10.test)) == (50_000, 10_000)
    for part in (cifar10.train, cifar10.test):
        assert part.images.shape == (len(part), 32, 32, 3)
        assert part.images.dtype == np.uint8
        assert part.targets.dtype == np.int64
        assert set(np.bincount(part.targets)) == {len(part) // 10}
    assert (cifar10.train_images, cifar10.test_images) == (len(cifar10.train), len(cifar10.test))
    assert cifar10.class_names == tuple(CIFAR10(str(CIFAR10_FOLDER), train=False).classes)


@pytest.mark.cifar10
def test_cifar10_mean_and_deviation_are_those_of_its_training_pixels(cifar10: ImageDataset) -> None:
    # From the 256 levels' frequencies: exact, and without a copy of the pixels as floats.
    levels = np.arange(256) / 255
    for channel in range(3):
        frequencies = np.bincount(cifar10.train.images[..., channel].ravel(), minlength=256)
        share = frequencies / frequencies.sum()
        mean = (share * levels).sum()
        deviation = np.sqrt((share * (levels - mean) ** 2).sum())
        assert cifar10.mean[channel] == round(float(mean), 4)
        assert cifar10.std[channel] == round(float(deviation), 4)


@pytest.mark.cifar10
def test_cifar10_is_read_as_torchvision_reads_it(cifar10: ImageDataset) -> None:
    for part, is_train in ((cifar10.train, True), (cifar10.test, False)):
        theirs = CIFAR10(str(CIFAR10_FOLDER), train=is_train)
        assert np.array_equal(part.images, theirs.data)
        assert part.targets.tolist() == theirs.targets


def test_the_md5_compared_are_those_of_torchvision() -> None:
    assert list(TRAIN_FILES.items()) == [tuple(pair) for pair in CIFAR10.train_list]
    assert list(TEST_FILES.items()) == [tuple(pair) for pair in CIFAR10.test_list]
    assert {CIFAR10.meta["filename"]: CIFAR10.meta["md5"]} == META_FILES


def test_a_data_set_is_loaded_once_a_process() -> None:
    assert shared_dataset("digits") is shared_dataset("digits")


@pytest.mark.cifar10
def test_cifar10_comes_without_torch() -> None:
    program = (
        "import sys; from pathlib import Path; from cifar_core.data import load_dataset;"
        f"load_dataset('cifar10', Path({str(CIFAR10_FOLDER)!r}));"
        "print(sorted({'torch', 'torchvision', 'sklearn', 'albumentations'} & set(sys.modules)))"
    )
    assert run_python(program).stdout.strip() == "[]"


@pytest.mark.cifar10
def test_present_cifar10_is_found_and_checked() -> None:
    status = dataset_status("cifar10", CIFAR10_FOLDER, verify=True)
    assert status.available
    assert status.folder == str(CIFAR10_FOLDER)
    assert "every md5 is right" in status.sentence


def test_missing_folder_is_told_with_the_three_ways_out(no_cifar10: Path) -> None:
    sentence = sentence_of(lambda: load_dataset("cifar10"))
    for part in (str(no_cifar10), "data fetch", ARCHIVE, "CIFAR_LAB_DATA"):
        assert part in sentence


def test_status_of_a_missing_set_is_the_same_sentence(no_cifar10: Path) -> None:
    expected = sentence_of(lambda: load_dataset("cifar10"))
    for verify in (False, True):
        status = dataset_status("cifar10", verify=verify)
        assert (status.available, status.sentence) == (False, expected)


@pytest.mark.parametrize("folder", [Path("/nonexistent/" + "x" * 300), Path(__file__) / "below-a-file"])
def test_impossible_folders_are_missing_ones(folder: Path) -> None:
    assert "CIFAR-10 is not in" in sentence_of(lambda: load_dataset("cifar10", folder))
    assert not dataset_status("cifar10", folder).available


@pytest.mark.cifar10
@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
def test_truncated_file_is_named_with_the_fix(linked_cifar10: Path, name: str) -> None:
    file = linked_cifar10 / BATCHES / name
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[: len(content) // 2])
    sentence = sentence_of(lambda: load_dataset("cifar10", linked_cifar10))
    assert sentence.startswith(f"{file} is damaged")
    assert f"delete {linked_cifar10 / BATCHES} and run `python -m cifar_core data fetch`" in sentence
    status = dataset_status("cifar10", linked_cifar10, verify=True)
    assert (status.available, status.sentence) == (False, sentence)


@pytest.mark.cifar10
@pytest.mark.parametrize("name", ["data_batch_2", "test_batch", "batches.meta"])
def test_missing_file_is_named_with_the_fix(linked_cifar10: Path, name: str) -> None:
    file = linked_cifar10 / BATCHES / name
    file.unlink()
    sentence = sentence_of(lambda: load_dataset("cifar10", linked_cifar10))
    assert sentence.startswith(f"{file} is missing: delete")


def test_folder_with_garbage_is_never_unpickled(tmp_path: Path) -> None:
    batches = tmp_path / BATCHES
    batches.mkdir()
    for name in FILES:
        # Would write a file if it were unpickled.
        (batches / name).write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "owned").encode() + b"'\ntR.")
    assert "damaged" in sentence_of(lambda: load_dataset("cifar10", tmp_path))
    assert not (tmp_path / "owned").exists()


def test_a_batch_that_wants_to_run_something_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"^os\.system has no place in CIFAR-10$"):
        read_batch(b"cos\nsystem\n(S'touch " + str(tmp_path / "owned").encode() + b"'\ntR.")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>"])
def test_wrong_archive_is_told_to_be_deleted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ARCHIVE).write_bytes(content)
    sentence = sentence_of(lambda: load_dataset("cifar10", tmp_path))
    assert sentence.startswith(f"{tmp_path / ARCHIVE} is damaged")
    assert "delete it and run `python -m cifar_core data fetch`" in sentence


def test_archive_put_there_by_hand_counts_as_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"stands for the official archive")
    monkeypatch.setattr(
        "torchvision.datasets.CIFAR10.tgz_md5", hashlib.md5(b"stands for the official archive").hexdigest()
    )
    assert dataset_status("cifar10", tmp_path, verify=True).available
    (tmp_path / ARCHIVE).write_bytes(b"torn")
    assert "is damaged" in dataset_status("cifar10", tmp_path, verify=True).sentence
