"""Augmentations on images that they do not suit."""

from __future__ import annotations

import pytest

from cifar_core.data import AugmentationSpec, dataset_info, find_augmentation, load_dataset
from cifar_core.data.augmentation import ColorJitter, Grayscale, HorizontalFlip, Transform
from cifar_core.data.augmentation.misfits import misfits

CIFAR10, DIGITS = dataset_info("cifar10"), dataset_info("digits")


def test_a_mirrored_digit_is_told_and_a_mirrored_cat_is_not() -> None:
    spec = find_augmentation("assignment").spec
    (told,) = misfits(spec, DIGITS)
    assert "a mirrored 2 is no 2" in told
    assert misfits(spec, CIFAR10) == []


def test_a_training_that_mirrors_in_turns_is_told_of_whatever_the_augmentation_is() -> None:
    (told,) = misfits(AugmentationSpec(), DIGITS, in_turns=True)
    assert "switch Mirror in turns off for them" in told
    assert misfits(AugmentationSpec(), CIFAR10, in_turns=True) == []


@pytest.mark.parametrize(
    "transform",
    [HorizontalFlip(p=0.0), ColorJitter(p=0.0), Grayscale(p=0.0), ColorJitter(saturation=0.0, hue=0.0)],
    ids=repr,
)
def test_what_can_change_nothing_is_no_misfit(transform: Transform) -> None:
    assert misfits(AugmentationSpec(transforms=(transform,)), DIGITS) == []


def test_colours_of_grey_images_are_told_once() -> None:
    spec = AugmentationSpec(transforms=(ColorJitter(), Grayscale(), ColorJitter()))
    assert misfits(spec, DIGITS) == [
        "Handwritten digits have no colour: what Colour jitter draws of saturation and hue changes nothing.",
        "Handwritten digits have no colour: Grayscale changes nothing.",
    ]
    assert misfits(spec, CIFAR10) == []


def test_the_digits_are_as_grey_as_they_are_said_to_be() -> None:
    images = load_dataset("digits").train.images
    assert (images == images[..., :1]).all()
