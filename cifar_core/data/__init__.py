"""Images: the data sets, their splits, pictures of one's own, and augmentation as data."""

import os

# albumentations asks the package index for updates on import unless this is set before it.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

from cifar_core.data.augmentation import (
    AugmentationSpec,
    augmentation_names,
    find_augmentation,
)
from cifar_core.data.datasets import (
    DATASET_NAMES,
    DatasetInfo,
    DatasetStatus,
    ImageDataset,
    LabelledImages,
    dataset_info,
    dataset_status,
    fetch_cifar10,
    load_dataset,
)
from cifar_core.data.pictures import read_picture
from cifar_core.data.splits import DataSplits, split_dataset

__all__ = [
    "DATASET_NAMES",
    "AugmentationSpec",
    "DataSplits",
    "DatasetInfo",
    "DatasetStatus",
    "ImageDataset",
    "LabelledImages",
    "augmentation_names",
    "dataset_info",
    "dataset_status",
    "fetch_cifar10",
    "find_augmentation",
    "load_dataset",
    "read_picture",
    "split_dataset",
]
