from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data import ImageDataset, LabelledImages, load_dataset, split_dataset
from cifar_core.data.splits import split_sizes
from cifar_core.errors import SpecError
from cifar_core.protocol import Protocol


@pytest.mark.cifar10
def test_cifar10_holds_500_images_of_every_class_out(cifar10: ImageDataset) -> None:
    splits = split_dataset(cifar10, "validation")
    assert splits.validation is not None
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (45_000, 5_000, 10_000)
    assert set(np.bincount(splits.validation.targets)) == {500}
    assert set(np.bincount(splits.train.targets)) == {4_500}


def test_digits_hold_a_tenth_of_every_class_out(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "validation")
    assert splits.validation is not None
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1_350, 150, 297)
    share = np.bincount(digits.train.targets) / 10
    assert np.abs(np.bincount(splits.validation.targets) - share).max() < 1


def test_train_and_validation_share_no_image_and_miss_none(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "validation", validation_images=300)
    assert splits.validation_index is not None
    both = np.concatenate([splits.train_index, splits.validation_index])
    assert np.array_equal(np.sort(both), np.arange(len(digits.train)))


def test_a_refit_holds_nothing_out(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "refit")
    assert splits.validation is None
    assert np.array_equal(splits.train_index, np.arange(len(digits.train)))


def test_the_clean_images_are_training_images_at_the_places_they_name(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "refit", limit_train=100)
    clean, index = splits.clean()
    assert np.array_equal(index, splits.train_index), "all, where there are fewer than are wanted"
    assert np.array_equal(clean.images, digits.train.images[index])
    assert np.array_equal(clean.targets, digits.train.targets[index])


@pytest.mark.cifar10
def test_the_clean_images_of_cifar10_are_5000_and_stay(cifar10: ImageDataset) -> None:
    clean, index = split_dataset(cifar10, "refit").clean()
    assert len(set(index.tolist())) == len(clean) == 5_000
    again = split_dataset(cifar10, "refit").clean()[1]
    assert np.array_equal(index, again)


def test_positions_point_to_the_images_they_name(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "validation", limit_train=100, limit_test=50)
    assert splits.validation is not None
    assert splits.validation_index is not None
    for part, index, source in (
        (splits.train, splits.train_index, digits.train),
        (splits.validation, splits.validation_index, digits.train),
        (splits.test, splits.test_index, digits.test),
    ):
        assert np.array_equal(part.images, source.images[index])
        assert np.array_equal(part.targets, source.targets[index])


def test_every_run_splits_alike(digits: ImageDataset) -> None:
    np.random.seed(1)
    first = split_dataset(digits, "validation")
    np.random.seed(2)
    second = split_dataset(load_dataset("digits"), "validation")
    assert first.validation_index is not None
    assert second.validation_index is not None
    assert np.array_equal(first.validation_index, second.validation_index)
    assert np.array_equal(first.train_index, second.train_index)


def test_the_split_never_moves() -> None:
    # Stored runs name images by their position: another library version must not deal them anew.
    labels = np.arange(1_000) % 10
    images = LabelledImages(np.zeros((1_000, 0, 0, 3), np.uint8), labels)
    dataset = ImageDataset("", "", tuple("0123456789"), (0, 0, 0), (1, 1, 1), 1_000, 1_000, True, False, images, images)
    splits = split_dataset(dataset, "validation")
    assert splits.validation_index is not None
    assert splits.validation_index[:5].tolist() == [160, 984, 346, 437, 3]


def test_seeds_protocol_trains_on_every_image_and_holds_none_out(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "seed", validation_images=7)
    assert splits.validation is None
    assert splits.validation_index is None
    assert np.array_equal(splits.train_index, np.arange(len(digits.train)))
    assert len(splits.test) == 297


@pytest.mark.parametrize("protocol", ["validation", "seed"])
def test_limits_cut_each_part(digits: ImageDataset, protocol: str) -> None:
    splits = split_dataset(digits, protocol, limit_train=64, limit_test=32)  # type: ignore[arg-type]
    assert (len(splits.train), len(splits.test)) == (64, 32)
    assert splits.validation is None or len(splits.validation) == 32


def test_limits_above_what_is_there_cut_nothing(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "validation", limit_train=10**9, limit_test=10**9)
    assert splits.validation is not None
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1_350, 150, 297)


def test_a_limited_part_is_drawn_from_all_classes(digits: ImageDataset) -> None:
    splits = split_dataset(digits, "validation", limit_train=100, limit_test=100)
    assert splits.validation is not None
    assert set(splits.train.targets) == set(splits.validation.targets) == set(range(10))


def test_a_limited_training_set_still_shares_nothing_with_validation(digits: ImageDataset) -> None:
    limited = split_dataset(digits, "validation", limit_train=100)
    whole = split_dataset(digits, "validation")
    assert set(limited.train_index) <= set(whole.train_index)


@pytest.mark.parametrize("count", [10, 1_490])
def test_one_image_a_class_on_either_side_is_enough(digits: ImageDataset, count: int) -> None:
    splits = split_dataset(digits, "validation", validation_images=count)
    assert splits.validation is not None
    assert len(splits.validation) == count
    smaller = splits.validation if count == 10 else splits.train
    assert len(smaller) == 10


@pytest.mark.parametrize("count", [-5, 0, 9, 1_491, 1_500, 10**9])
def test_impossible_validation_counts_are_refused_with_the_allowed_ones(digits: ImageDataset, count: int) -> None:
    with pytest.raises(SpecError) as refused:
        split_dataset(digits, "validation", validation_images=count)
    assert str(refused.value) == f"validation_images is {count}: Handwritten digits allows 10 to 1,490."


@pytest.mark.parametrize(
    "asked",
    [
        ("validation", None, None, None),
        ("validation", 300, None, None),
        ("validation", None, 100, 20),
        ("validation", 200, 5_000, 5_000),
        ("seed", None, None, None),
        ("seed", 300, 64, 32),
    ],
)
def test_sizes_without_the_images_are_those_of_the_split(
    asked: tuple[Protocol, int | None, int | None, int | None], digits: ImageDataset
) -> None:
    splits = split_dataset(digits, *asked)
    evaluated = splits.test if splits.validation is None else splits.validation
    assert split_sizes(digits, *asked) == (len(splits.train), len(evaluated))
