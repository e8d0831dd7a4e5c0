from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from cifar_core.data.augmentation import (
    AugmentationSpec,
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    TrivialAugment,
    augmentation_names,
    find_augmentation,
)
from cifar_core.data.augmentation.batched import BatchedPipeline
from tests.data.augmentation.batched.helpers import COUNT, MEAN, apart, applied, noise, recorded, spec_of

EVERYTHING = (
    RandomCrop(padding=2, p=0.5),
    HorizontalFlip(),
    ShiftScaleRotate(),
    ColorJitter(),
    BrightnessContrast(),
    Grayscale(p=0.3),
    GaussianBlur(p=0.5),
    TrivialAugment(p=0.5),
    CoarseDropout(holes=(1, 3), height=(2, 9), width=(2, 9)),
)
ALL = spec_of(*EVERYTHING)


def augmented(spec: AugmentationSpec, images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return BatchedPipeline(spec, MEAN)(images, seed)


def batch(count: int = 64) -> torch.Tensor:
    return torch.from_numpy(noise(count))


def test_draws_depend_on_the_seed_alone() -> None:
    first = augmented(ALL, batch(), 7)
    random.seed(99)
    np.random.seed(99)
    torch.manual_seed(99)
    assert torch.equal(first, augmented(ALL, batch(), 7))
    assert not torch.equal(first, augmented(ALL, batch(), 8))


def test_the_global_generators_are_left_alone() -> None:
    state, expected = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # type: ignore[index]
    augmented(ALL, batch())
    assert np.array_equal(np.random.get_state()[1], state)  # type: ignore[index]
    assert torch.equal(torch.random.get_rng_state(), expected)


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**63])
def test_large_seeds_are_accepted(seed: int) -> None:
    assert augmented(ALL, batch(2), seed).shape == (2, 32, 32, 3)


@pytest.mark.parametrize("name", augmentation_names())
def test_presets_keep_shape_and_kind_and_leave_the_input_alone(name: str) -> None:
    images = batch()
    result = augmented(find_augmentation(name).spec, images)
    assert (result.shape, result.dtype) == (images.shape, torch.uint8)
    assert result.is_contiguous()
    assert torch.equal(images, batch())


@pytest.mark.parametrize("transform", EVERYTHING, ids=lambda transform: transform.type)
def test_no_transform_changes_its_input(transform: object) -> None:
    images = batch()
    augmented(ALL.changed(transforms=[transform.changed(p=1).model_dump()]), images)  # type: ignore[attr-defined]
    assert torch.equal(images, batch())


def test_an_empty_batch_stays_empty() -> None:
    assert augmented(ALL, batch(0)).shape == (0, 32, 32, 3)


def test_a_single_image_is_augmented() -> None:
    single = spec_of(*(transform.changed(p=1) for transform in EVERYTHING))
    results = {augmented(single, batch(1), seed).numpy().tobytes() for seed in range(10)}
    assert len(results) == 10


def test_no_transforms_and_a_probability_of_0_change_nothing() -> None:
    images = batch()
    assert augmented(spec_of(), images) is images
    assert torch.equal(augmented(spec_of(*(transform.changed(p=0) for transform in EVERYTHING)), images), images)


def test_images_that_lie_scattered_in_memory_are_taken() -> None:
    scattered = batch().permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1)
    assert not scattered.is_contiguous()
    assert torch.equal(augmented(ALL, scattered), augmented(ALL, batch()))
    assert torch.equal(augmented(ALL, batch()[::2]), augmented(ALL, batch()[::2].clone()))


def test_there_are_draws_for_every_transform_and_image() -> None:
    draws = BatchedPipeline(ALL, MEAN).draw(5, seed=3)
    assert [each.type for each in draws] == [transform.type for transform in EVERYTHING]
    for each in draws:
        assert each.applied.shape == (5,)
        assert all(len(values) == 5 for values in each.values.values())
        for position in range(5):
            told = each.of(position)
            assert (told is not None) == each.applied[position]
            assert told is None or set(told) == set(each.values)


def test_drawing_and_applying_is_calling() -> None:
    pipeline = BatchedPipeline(ALL, MEAN)
    assert torch.equal(pipeline.apply(batch(), pipeline.draw(64, 5)), pipeline(batch(), 5))


def test_what_happens_to_an_image_does_not_depend_on_the_others() -> None:
    pipeline = BatchedPipeline(ALL, MEAN)
    draws, some = pipeline.draw(64, 5), np.array([63, 0, 17, 40])
    alone = pipeline.apply(batch()[some], tuple(each.taken(some) for each in draws))
    assert torch.equal(alone, pipeline.apply(batch(), draws)[some])


def test_draws_for_another_number_of_transforms_are_refused() -> None:
    pipeline = BatchedPipeline(ALL, MEAN)
    with pytest.raises(ValueError, match="argument"):
        pipeline.apply(batch(), pipeline.draw(64, 5)[:-1])


def test_the_whole_of_a_spec_is_that_of_albumentations() -> None:
    # A level of the first transforms may be several after contrast; hence the share.
    spec = (RandomCrop(), HorizontalFlip(), CoarseDropout(), ColorJitter(), ShiftScaleRotate(border="reflect"))
    expected, draws = recorded(noise(), *spec)
    between = apart(applied(noise(), draws, *spec), expected)
    assert between.shape == (COUNT, 32, 32, 3)
    assert (between <= 1).mean() >= 0.999


def test_transforms_act_in_their_order() -> None:
    hide = CoarseDropout(height=32, width=32, fill=(9, 9, 9), p=1)
    bright = ColorJitter(brightness=1, contrast=0, saturation=0, hue=0, p=1)
    assert (augmented(spec_of(bright, hide), batch()) == 9).all()
    assert not (augmented(spec_of(hide, bright), batch()) == 9).all()
