from __future__ import annotations

import numpy as np

from cifar_core.data import AugmentationSpec, find_augmentation, load_dataset
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.data.augmentation.code import augmentation_code
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.preview import Samples, draw_samples, first_of_each_class, sample_seed

DIGITS = load_dataset("digits")
ASSIGNMENT = find_augmentation("assignment").spec


def drawn(numbers: list[int], samples: int = 6, draw: int = 0, spec: AugmentationSpec = ASSIGNMENT) -> Samples:
    pipeline = AlbumentationsPipeline(spec, DIGITS.mean)
    return draw_samples(pipeline, DIGITS.train.images[numbers], numbers, samples, draw)


def test_every_sample_is_one_of_its_own_original() -> None:
    flipped = drawn([4, 9], samples=3, spec=AugmentationSpec(transforms=(HorizontalFlip(p=1.0),)))
    assert flipped.images.shape == (2, 3, 32, 32, 3)
    for row, number in enumerate([4, 9]):
        assert np.array_equal(flipped.originals[row], DIGITS.train.images[number])
        assert all(np.array_equal(image, DIGITS.train.images[number][:, ::-1]) for image in flipped.images[row])


def test_draws_are_told_in_the_order_of_the_samples() -> None:
    flip = drawn([3, 5, 7], samples=4, spec=AugmentationSpec(transforms=(HorizontalFlip(),)))
    (draws,) = flip.draws
    for place, image in enumerate(flip.images.reshape(12, 32, 32, 3)):
        original = flip.originals[place // 4]
        assert np.array_equal(image, original[:, ::-1] if draws.applied[place] else original)
    assert 0 < draws.applied.sum() < 12


def test_one_draw_is_one_set_of_samples() -> None:
    first, again, other = (drawn([0, 1], draw=draw).images for draw in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_samples_do_not_depend_on_what_is_looked_at_beside_them() -> None:
    alone, among = drawn([8], samples=3), drawn([2, 8, 5], samples=6)
    assert np.array_equal(alone.images[0], among.images[1, :3])
    assert (alone.seeds[0] == among.seeds[1, :3]).all()


def test_samples_of_one_image_differ() -> None:
    assert len({image.tobytes() for image in drawn([0], samples=8).images[0]}) > 4


def test_seeds_of_neighbours_have_nothing_in_common() -> None:
    numbers = range(8)
    seeds = {int(sample_seed(draw, number, place)) for draw in numbers for number in numbers for place in numbers}
    assert len(seeds) == 512
    assert sample_seed(1, 2, 3) == sample_seed(1, 2, 3)


def test_the_code_given_away_draws_the_same_picture_from_the_seed_told() -> None:
    module: dict[str, object] = {"__name__": "taken_away"}
    exec(augmentation_code(ASSIGNMENT, DIGITS.mean), module)
    samples = drawn([6], samples=5, draw=3)
    for seed, image in zip(samples.seeds[0], samples.images[0], strict=True):
        assert np.array_equal(module["draw"](samples.originals[0], int(seed)), image)  # type: ignore[operator]


def test_without_transforms_every_sample_is_the_original() -> None:
    still = drawn([1], spec=AugmentationSpec())
    assert still.draws == ()
    assert (still.images == still.originals[:, None]).all()


def test_every_class_has_a_first_image() -> None:
    positions = first_of_each_class(DIGITS)
    assert DIGITS.train.targets[positions].tolist() == list(range(10))
