"""Augmentation as data, carried out by albumentations image by image, or on a whole batch at once."""

from cifar_core.data.augmentation.mixers import CutMix, Mixer, MixUp
from cifar_core.data.augmentation.presets import AugmentationPreset, augmentation_names, find_augmentation
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import (
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    Fill,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)

__all__ = [
    "AugmentationPreset",
    "AugmentationSpec",
    "BrightnessContrast",
    "CoarseDropout",
    "ColorJitter",
    "CutMix",
    "Fill",
    "GaussianBlur",
    "Grayscale",
    "HorizontalFlip",
    "MixUp",
    "Mixer",
    "RandomCrop",
    "ShiftScaleRotate",
    "Transform",
    "TrivialAugment",
    "augmentation_names",
    "find_augmentation",
]
