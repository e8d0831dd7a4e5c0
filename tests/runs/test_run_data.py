from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from cifar_core.data import find_augmentation
from cifar_core.errors import DataError
from cifar_core.runs.run_data import load_run_data
from tests.tiny import tiny_config


def test_validation_holds_a_tenth_out_and_the_seed_s_protocol_nothing() -> None:
    held_out = load_run_data(tiny_config(limit_train=None, limit_test=None))
    assert [len(held_out.training.train), len(held_out.training.evaluation)] == [1350, 150]
    assert held_out.training.evaluation_split == "validation"
    everything = load_run_data(tiny_config(limit_train=None, limit_test=None, protocol="seed"))
    assert [len(everything.training.train), len(everything.training.evaluation)] == [1500, 297]
    assert everything.training.evaluation_split == "test"
    with pytest.raises(ValueError, match="holds no validation images out"):
        everything.part("validation")


def test_no_image_is_in_two_parts_and_the_classes_are_the_digits() -> None:
    data = load_run_data(tiny_config(limit_train=None, limit_test=None))
    validation, index = data.part("validation")
    assert not set(index) & set(data.splits.train_index)
    assert len(set(index) | set(data.splits.train_index)) == 1500
    assert torch.equal(validation.images, torch.from_numpy(data.dataset.train.images[index]))
    classes = np.concatenate([data.dataset.train.targets, data.dataset.test.targets])
    assert sorted(classes) == sorted(load_digits().target)


def test_the_clean_images_are_the_same_every_time_and_come_from_the_training_images() -> None:
    data = load_run_data(tiny_config(augmentation=find_augmentation("assignment").spec))
    first, second = data.clean(), load_run_data(tiny_config(seed=5)).clean()
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.images, data.training.train.images)


def test_the_augmentation_depends_on_its_seed_alone() -> None:
    data = load_run_data(tiny_config(augmentation=find_augmentation("assignment").spec))
    images = data.training.train.images[:8]
    before = images.clone()
    targets = data.training.train.targets[:8]
    first, same_targets = data.augment()(images, targets, 1)
    again = data.augment()
    again(images, targets, 2)
    assert torch.equal(again(images, targets, 1)[0], first)
    assert not torch.equal(again(images, targets, 2)[0], first)
    assert torch.equal(same_targets, targets)
    assert not torch.equal(first, images)
    assert torch.equal(images, before)


def test_missing_images_are_an_error_each_time(no_cifar10: Path) -> None:
    for _ in range(2):
        with pytest.raises(DataError, match=f"CIFAR-10 is not in {no_cifar10}"):
            load_run_data(tiny_config(dataset="cifar10"))
