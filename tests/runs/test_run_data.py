from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import CutMix, HorizontalFlip, MixUp
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.mixing import draw_mix, mix_images, mix_targets
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.errors import DataError
from cifar_core.runs import RunConfig, run_data
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.training.seeds import derive_seed
from tests.tiny import tiny_config

ENGINES = ("albumentations", "batched")
MIXERS = (MixUp(alpha=1.0), CutMix())


def mixing(engine: str) -> RunConfig:
    """The assignment's transforms, then both mixers."""
    spec = find_augmentation("assignment").spec
    return tiny_config(augmentation=spec.model_copy(update={"batch": MIXERS}), augmentation_engine=engine)


def some(data: RunData) -> tuple[Tensor, Tensor]:
    return data.training.train.images[:32], data.training.train.targets[:32]


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


@pytest.mark.parametrize("engine", ENGINES)
def test_the_augmentation_depends_on_its_seed_alone(engine: str) -> None:
    images, targets = some(data := load_run_data(mixing(engine)))
    before = images.clone()
    first, weights = data.augment()(images, targets, 1, 1.0)
    again = data.augment()
    again(images, targets, 2, 1.0)
    for found, wanted in zip(again(images, targets, 1, 1.0), (first, weights), strict=True):
        assert torch.equal(found, wanted)
    other, other_weights = again(images, targets, 2, 1.0)
    assert not torch.equal(other, first)
    assert not torch.equal(other_weights, weights)
    assert not torch.equal(first, images)
    assert torch.equal(images, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_images_are_transformed_by_the_engine_and_then_mixed(engine: str) -> None:
    images, targets = some(data := load_run_data(mixing(engine)))
    plain = load_run_data(mixing(engine).changed(augmentation=find_augmentation("assignment").spec.model_dump()))
    transformed, classes = plain.augment()(images, targets, 5, 1.0)
    assert torch.equal(classes, targets)
    draws = draw_mix(MIXERS, len(images), derive_seed(5, "mixing"))
    mixed, weights = data.augment()(images, targets, 5, 1.0)
    assert torch.equal(mixed, mix_images(transformed, draws))
    assert torch.equal(weights, mix_targets(targets, draws, 10))
    assert not torch.equal(mixed, transformed)


def test_each_engine_does_its_own_work() -> None:
    flip = AugmentationSpec(transforms=(HorizontalFlip(),))
    images, targets = some(data := load_run_data(tiny_config(augmentation=flip, augmentation_engine="batched")))
    batched, _ = data.augment()(images, targets, 3, 1.0)
    assert torch.equal(batched, BatchedPipeline(flip, data.dataset.mean)(images, 3))
    one_by_one, _ = load_run_data(tiny_config(augmentation=flip)).augment()(images, targets, 3, 1.0)
    wanted = AlbumentationsPipeline(flip, data.dataset.mean)(images.numpy(), 3)
    assert np.array_equal(one_by_one.numpy(), wanted)
    assert not torch.equal(batched, one_by_one)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_weaker_augmentation_happens_less_often(engine: str) -> None:
    images, targets = some(data := load_run_data(mixing(engine)))
    whole = data.config.augmentation
    halved = {
        "transforms": [{**each.model_dump(), "p": each.p / 2} for each in whole.transforms],
        "batch": [{**each.model_dump(), "p": each.p / 2} for each in whole.batch],
    }
    wanted = load_run_data(mixing(engine).changed(augmentation={**whole.model_dump(), **halved}))
    augment = data.augment()
    for found, expected in zip(
        augment(images, targets, 4, 0.5), wanted.augment()(images, targets, 4, 1.0), strict=True
    ):
        assert torch.equal(found, expected)
    for strength, changes in ((0.0, False), (1.0, True), (0.0, False)):
        assert torch.equal(augment(images, targets, 4, strength)[0], images) != changes


@pytest.mark.parametrize("engine", ENGINES)
def test_in_turns_nothing_is_mirrored_at_random_beside(engine: str) -> None:
    always = AugmentationSpec(transforms=(HorizontalFlip(p=1),))
    config = tiny_config(augmentation=always, augmentation_engine=engine)
    images, targets = some(data := load_run_data(config))
    assert torch.equal(data.augment()(images, targets, 1, 1.0)[0], images.flip(2))
    in_turns = load_run_data(config.changed(training=config.training.changed(alternate_flips=True).model_dump()))
    assert torch.equal(in_turns.augment()(images, targets, 1, 1.0)[0], images)


def test_a_device_holds_the_images_that_it_augments_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = torch.device("meta")
    monkeypatch.setattr(run_data, "resolve_device", lambda wanted: elsewhere)
    on_host = load_run_data(tiny_config()).training
    assert {on_host.train.images.device, on_host.evaluation.images.device} == {torch.device("cpu")}
    there = load_run_data(tiny_config(augmentation_engine="batched")).training
    assert {there.train.images.device, there.train.targets.device} == {elsewhere}
    assert there.evaluation.images.device == torch.device("cpu")


def test_on_a_processor_every_engine_reads_the_memory_of_the_data_set() -> None:
    for engine in ENGINES:
        data = load_run_data(tiny_config(augmentation_engine=engine))
        assert data.training.train.images.data_ptr() == data.splits.train.images.ctypes.data


def test_missing_images_are_an_error_each_time(no_cifar10: Path) -> None:
    for _ in range(2):
        with pytest.raises(DataError, match=f"CIFAR-10 is not in {no_cifar10}"):
            load_run_data(tiny_config(dataset="cifar10"))
