from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cifar_core.training import TrainingSpec, num_batches
from cifar_core.training.batches import Normalize, TensorImages, training_batches
from tests.tiny import tiny_data, unchanged

CPU = torch.device("cpu")


def looks(batch_size: int, seed: int, **fields: object) -> TrainingSpec:
    """How images are gone through."""
    return TrainingSpec(batch_size=batch_size, seed=seed).changed(**fields)


PLAIN = looks(32, 0)


def numbered(count: int) -> TensorImages:
    """Images that differ from each other, each with its own number as its class."""
    numbers = torch.arange(count)
    images = torch.stack([numbers % 256, numbers // 256, numbers * 7 % 256], dim=1).to(torch.uint8)
    return TensorImages(images.reshape(count, 1, 1, 3).expand(count, 4, 4, 3).contiguous(), numbers)


def order_of(data: TensorImages, batch_size: int, seed: int, epoch: int) -> list[int]:
    return [int(n) for _, targets in training_batches(data, looks(batch_size, seed), epoch, unchanged) for n in targets]


@settings(max_examples=60, deadline=None)
@given(count=st.integers(2, 300), batch_size=st.integers(2, 70), seed=st.integers(0, 2**31 - 1))
def test_an_epoch_shows_every_image_once_but_for_a_last_batch_of_one(count: int, batch_size: int, seed: int) -> None:
    sizes = [len(targets) for _, targets in training_batches(numbered(count), looks(batch_size, seed), 1, unchanged)]
    alone = count % batch_size == 1
    assert len(sizes) == num_batches(count, batch_size)
    assert sum(sizes) == count - alone
    assert all(size == batch_size for size in sizes[:-1])
    assert min(sizes) > 1
    order = order_of(numbered(count), batch_size, seed, 1)
    assert len(set(order)) == count - alone


def test_a_lone_image_is_another_one_in_the_next_epoch() -> None:
    data = numbered(65)
    left_out = {(set(range(65)) - set(order_of(data, 64, 0, epoch))).pop() for epoch in range(1, 9)}
    assert len(left_out) > 1


def test_a_set_of_one_image_is_still_a_batch() -> None:
    assert num_batches(1, 64) == 1


def test_the_order_repeats_for_the_same_seed_and_epoch_and_for_no_other() -> None:
    data = numbered(200)
    first = order_of(data, 64, seed=3, epoch=5)
    torch.manual_seed(99)
    assert order_of(data, 64, seed=3, epoch=5) == first
    assert order_of(data, 64, seed=3, epoch=6) != first
    assert order_of(data, 64, seed=4, epoch=5) != first
    assert first != list(range(200))


def test_images_keep_their_classes() -> None:
    data = numbered(100)
    for images, targets in training_batches(data, PLAIN, 1, unchanged):
        assert torch.equal(images, data.images[targets])


def test_every_batch_is_augmented_with_a_seed_of_its_own() -> None:
    seeds: list[int] = []

    def note(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
        seeds.append(seed)
        return images.bitwise_not(), targets

    data = numbered(100)
    for epoch in (1, 2):
        for images, targets in training_batches(data, PLAIN, epoch, note):
            assert torch.equal(images, 255 - data.images[targets])
    assert len(set(seeds)) == len(seeds) == 8


def test_the_augmentation_is_told_how_strong_it_is_in_an_epoch() -> None:
    told: list[float] = []

    def note(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
        told.append(strength)
        return images, targets

    growing = looks(64, 0, epochs=3, augmentation_first=0.0)
    for epoch in (1, 2, 3):
        list(training_batches(numbered(100), growing, epoch, note))
    assert told == [0, 0, 0.5, 0.5, 1, 1]


def mirrored_in(epoch: int, seed: int = 0, batch_size: int = 32) -> list[bool]:
    """Of 100 images, in their order, whether they are shown mirrored."""
    data = TensorImages(torch.arange(4, dtype=torch.uint8).expand(100, 4, 4).unsqueeze(3).repeat(1, 1, 1, 3), NUMBERS)
    found = dict[int, bool]()
    for images, targets in training_batches(data, looks(batch_size, seed, alternate_flips=True), epoch, unchanged):
        for image, number in zip(images, targets, strict=True):
            as_it_is = torch.equal(image, data.images[number])
            assert as_it_is != torch.equal(image, data.images[number].flip(1))
            found[int(number)] = not as_it_is
    return [found[number] for number in range(100)]


NUMBERS = torch.arange(100)


def test_in_turns_two_epochs_show_every_image_from_both_sides() -> None:
    first, second, third = (mirrored_in(epoch) for epoch in (1, 2, 3))
    assert first == third == [not mirrored for mirrored in second]
    assert 30 < sum(first) < 70
    assert mirrored_in(1, batch_size=50) == first
    assert mirrored_in(1, seed=1) != first


def test_the_images_themselves_are_never_mirrored() -> None:
    data = numbered(100)
    before = data.images.clone()
    list(training_batches(data, looks(32, 0, alternate_flips=True), 1, unchanged))
    assert torch.equal(data.images, before)


def test_targets_are_what_the_augmentation_made_of_them() -> None:
    def halved(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
        return images, functional.one_hot(targets, 100) / 2

    data = numbered(100)
    for (_, weights), (_, targets) in zip(
        training_batches(data, PLAIN, 1, halved), training_batches(data, PLAIN, 1, unchanged), strict=True
    ):
        assert torch.equal(weights, functional.one_hot(targets, 100) / 2)


def test_batches_are_gathered_and_augmented_where_the_images_are() -> None:
    elsewhere = torch.device("meta")
    batches = list(training_batches(numbered(100).to(elsewhere), PLAIN, 1, unchanged))
    assert len(batches) == 4
    assert {tensor.device for batch in batches for tensor in batch} == {elsewhere}


def test_images_that_are_there_already_are_not_copied() -> None:
    data = numbered(10)
    assert data.to(CPU).images.data_ptr() == data.images.data_ptr()


def test_normalize_is_the_textbook_formula_in_channels_last() -> None:
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    images = torch.randint(0, 256, (5, 7, 9, 3), dtype=torch.uint8)
    before = images.clone()
    result = Normalize(mean, std, CPU)(images)
    channels = [(images[..., c].double() / 255 - mean[c]) / std[c] for c in range(3)]
    torch.testing.assert_close(result, torch.stack(channels, dim=1).float(), rtol=1e-5, atol=1e-5)
    assert result.shape == (5, 3, 7, 9)
    assert result.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, before)


def test_the_training_images_themselves_have_mean_zero_and_deviation_one() -> None:
    data = tiny_data()
    everything = Normalize(data.mean, data.std, CPU)(data.train.images)
    assert everything.mean().item() == pytest.approx(0, abs=0.1)
    assert everything.std().item() == pytest.approx(1, abs=0.1)
