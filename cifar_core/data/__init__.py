"""Images: the data sets, their splits, pictures of one's own, and augmentation as data."""

import os

# albumentations asks the package index for updates on import unless this is set before it.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

from cifar_core.data.augmentation import (
    AugmentationPreset,
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
    available_datasets,
    dataset_info,
    dataset_status,
    load_dataset,
    require_dataset,
    shared_dataset,
)
from cifar_core.data.fetch import FetchProgress, fetch_cifar10
from cifar_core.data.pictures import Picture, load_picture, read_picture
from cifar_core.data.splits import DataSplits, split_dataset

__all__ = [
    "DATASET_NAMES",
    "AugmentationPreset",
    "AugmentationSpec",
    "DataSplits",
    "DatasetInfo",
    "DatasetStatus",
    "FetchProgress",
    "ImageDataset",
    "LabelledImages",
    "Picture",
    "augmentation_names",
    "available_datasets",
    "dataset_info",
    "dataset_status",
    "fetch_cifar10",
    "find_augmentation",
    "load_dataset",
    "load_picture",
    "read_picture",
    "require_dataset",
    "shared_dataset",
    "split_dataset",
]
