from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cifar_core.data import load_dataset
from cifar_core.data.photos import NUM_PHOTOS, sample_photos
from tests.tiny import run_python


def test_without_cifar10_scikit_learns_photographs_stand_in(no_cifar10: Path) -> None:
    photos, source = sample_photos()
    assert source == "scikit-learn's sample photographs"
    assert photos.shape == (2, 32, 32, 3)
    assert photos.dtype == np.uint8
    assert photos.std() > 20


@pytest.mark.cifar10
def test_photographs_are_the_first_training_images() -> None:
    photos, source = sample_photos()
    assert source == "CIFAR-10"
    np.testing.assert_array_equal(photos, load_dataset("cifar10").train.images[:NUM_PHOTOS])


DAMAGED = (b"", b"not a pickle", b"\x80\x04N.", b"\x80\x04}.", b"cnowhere\nNothing\n.", b"cos\nNothing\n.")


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_batch_is_passed_over(no_cifar10: Path, content: bytes) -> None:
    batches = no_cifar10 / "cifar-10-batches-py"
    batches.mkdir()
    (batches / "data_batch_1").write_bytes(content)
    assert sample_photos()[1] == "scikit-learn's sample photographs"


def test_photographs_come_without_torch_or_scikit_learn(no_cifar10: Path) -> None:
    result = run_python(
        "import sys; from cifar_core.data.photos import sample_photos; sample_photos();"
        "print(sorted({'torch', 'sklearn', 'torchvision'} & set(sys.modules)))"
    )
    assert result.stdout.strip() == "[]", result.stderr
