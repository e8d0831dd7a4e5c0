from __future__ import annotations

import pytest

from cifar_core.data import ImageDataset, load_dataset
from tests.conftest import CIFAR10_FOLDER


@pytest.fixture(scope="package")
def digits() -> ImageDataset:
    return load_dataset("digits")


@pytest.fixture(scope="package")
def cifar10() -> ImageDataset:
    return load_dataset("cifar10", CIFAR10_FOLDER)
