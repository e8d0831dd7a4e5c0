from __future__ import annotations

import numpy as np
import pytest

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
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline, Recorded
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from cifar_core.data.augmentation.trivial_ranges import trivial_ranges
from cifar_core.data.datasets import Images

MEAN = (0.5, 0.5, 0.5)
COUNT = 300
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


def pictures(count: int = COUNT) -> Images:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def pipeline(*transforms: Transform) -> AlbumentationsPipeline:
    return AlbumentationsPipeline(AugmentationSpec(transforms=transforms), MEAN)


def record(images: Images, *transforms: Transform) -> Recorded:
    return pipeline(*transforms).record(images, range(len(images)))


def dot(count: int, row: int, column: int) -> Images:
    """Black images with one white pixel."""
    images = np.zeros((count, 32, 32, 3), dtype=np.uint8)
    images[:, row, column] = 255
    return images


def test_recording_changes_nothing_about_the_images() -> None:
    images, augment = pictures(40), pipeline(*EVERYTHING)
    told = augment.record(images, range(40))
    for position, image in enumerate(images):
        assert np.array_equal(told.images[position], augment(image[None], seed=position)[0])
    assert np.array_equal(images, pictures(40))


def test_an_images_seed_alone_decides_its_draws() -> None:
    augment = pipeline(*EVERYTHING)
    forward, backward = augment.record(pictures(40), range(40)), augment.record(pictures(40)[::-1], range(39, -1, -1))
    assert np.array_equal(forward.images, backward.images[::-1])
    for there, back in zip(forward.draws, backward.draws, strict=True):
        assert np.array_equal(there.applied, back.applied[::-1])
        assert all(np.array_equal(there.values[name], back.values[name][::-1]) for name in there.values)


def test_there_is_a_record_for_every_transform_and_image() -> None:
    draws = record(pictures(20), *EVERYTHING).draws
    assert [each.type for each in draws] == [transform.type for transform in EVERYTHING]
    assert all(each.applied.shape == (20,) for each in draws)
    assert all(len(values) == 20 for each in draws for values in each.values.values())


def test_of_what_did_not_happen_nothing_is_told() -> None:
    told = record(pictures(), ShiftScaleRotate(p=0.3), HorizontalFlip(p=0.3), TrivialAugment(p=0.3))
    for draws in told.draws:
        assert 0.15 < draws.applied.mean() < 0.45
        assert all((values[~draws.applied] == 0).all() for values in draws.values.values())
        assert [draws.of(position) is None for position in range(COUNT)] == (~draws.applied).tolist()
    untouched = ~np.any([draws.applied for draws in told.draws], axis=0)
    assert np.array_equal(told.images[untouched], pictures()[untouched])


def test_without_images_or_transforms_there_are_records_all_the_same() -> None:
    empty = record(pictures(0), *EVERYTHING)
    assert empty.images.shape == (0, 32, 32, 3)
    assert all(len(draws.applied) == 0 for draws in empty.draws)
    assert empty.draws[-1].values["holes"].shape == (0, 0, 4)
    assert record(pictures(3)).draws == ()


def test_a_flip_is_told_where_the_image_is_mirrored() -> None:
    told = record(pictures(), HorizontalFlip())
    mirrored = (told.images == pictures()[:, :, ::-1]).all(axis=(1, 2, 3))
    assert np.array_equal(told.draws[0].applied, mirrored)


def test_the_told_shift_is_where_the_pixel_went() -> None:
    told = record(
        dot(COUNT, 10, 20), ShiftScaleRotate(shift_limit=0.2, scale_limit=0, rotate_limit=0, fill=(0, 0, 0), p=1)
    )
    values = told.draws[0].values
    assert set(np.unique(values["dx"])) == set(range(-6, 7))
    for image, dx, dy in zip(told.images, values["dx"], values["dy"], strict=True):
        assert image[10 + dy, 20 + dx, 0] == 255


def test_the_told_angle_and_scale_are_where_the_pixel_went() -> None:
    images = dot(COUNT, 15, 26)
    images[:, 15:17, 25:27] = 255
    told = record(images, ShiftScaleRotate(shift_limit=0, scale_limit=0.3, rotate_limit=90, fill=(0, 0, 0), p=1))
    values, mass = told.draws[0].values, told.images[..., 0].astype(float)
    rows, columns = np.indices((32, 32)) - 15.5
    total = mass.sum(axis=(1, 2))
    down, right = ((mass * place).sum(axis=(1, 2)) / total for place in (rows, columns))
    assert np.degrees(np.arctan2(-down, right)) == pytest.approx(values["angle"].astype(float), abs=2)
    assert np.hypot(down, right) / 10 == pytest.approx(values["scale"].astype(float), abs=0.03)


def test_the_told_crop_is_what_was_cut_out() -> None:
    told = record(pictures(), RandomCrop(padding=3, border="reflect"))
    wide = np.pad(pictures(), ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    values = told.draws[0].values
    assert set(np.unique(values["left"])) == set(range(7))
    for image, source, left, top in zip(told.images, wide, values["left"], values["top"], strict=True):
        assert np.array_equal(image, source[top : top + 32, left : left + 32])


def test_the_told_brightness_and_contrast_are_those_of_the_levels() -> None:
    plain = np.full((COUNT, 32, 32, 3), 100, dtype=np.uint8)
    told = record(plain, BrightnessContrast(brightness=0.3, contrast=0.3, p=1))
    values = told.draws[0].values
    assert np.abs(values["brightness"].astype(float)).max() <= 0.3 * 255
    assert np.abs(values["contrast"].astype(float) - 1).max() <= 0.3
    expected = np.clip(100 * values["contrast"].astype(float) + values["brightness"].astype(float), 0, 255)
    assert told.images[:, 0, 0, 0] == pytest.approx(expected, abs=1)


def test_the_told_jitter_lies_within_its_limits_in_every_order() -> None:
    values = (
        record(pictures(), ColorJitter(brightness=0.1, contrast=0.2, saturation=0.3, hue=0.04, p=1)).draws[0].values
    )
    for name, middle, limit in (("brightness", 1, 0.1), ("contrast", 1, 0.2), ("saturation", 1, 0.3), ("hue", 0, 0.04)):
        away = np.abs(values[name].astype(float) - middle)
        assert 0.9 * limit < away.max() <= limit
    assert np.array_equal(np.sort(values["order"], axis=1), np.tile(np.arange(4), (COUNT, 1)))
    assert len(np.unique(values["order"], axis=0)) == 24


def test_the_told_sigma_is_read_back_from_the_kernel() -> None:
    values = record(pictures(), GaussianBlur(sigma=(0.5, 3.0), p=1)).draws[0].values
    sigma, size = values["sigma"].astype(float), values["kernel_size"].astype(int)
    assert 0.5 <= sigma.min() < 0.55
    assert 2.9 < sigma.max() <= 3.0
    assert (size % 2 == 1).all()
    assert np.array_equal(size, 2 * (sigma * 3.5 + 1e-6).astype(int) + 1)


def test_the_told_holes_are_what_is_covered() -> None:
    white = np.full((COUNT, 32, 32, 3), 255, dtype=np.uint8)
    told = record(white, CoarseDropout(holes=(1, 3), height=(2, 9), width=(2, 9), fill=(0, 0, 0), p=0.8))
    draws = told.draws[0]
    assert draws.values["holes"].shape == (COUNT, 3, 4)
    for image, holes in zip(told.images, draws.values["holes"], strict=True):
        expected = np.full((32, 32), 255)
        for left, top, right, bottom in holes:
            expected[top:bottom, left:right] = 0
        assert np.array_equal(image[..., 0], expected)


def test_every_operation_of_trivial_augment_is_told_with_an_amount_in_its_range() -> None:
    values = record(pictures(), TrivialAugment(strength=0.7)).draws[0].values
    for number, (op, limits) in enumerate(zip(TRIVIAL_OPS, trivial_ranges(0.7), strict=True)):
        amounts = values["amount"][values["op"] == number].astype(float)
        assert len(amounts) > 5, op
        (low, high), slack = limits.limits, 1e-6
        assert low - slack <= amounts.min() <= amounts.max() <= high + slack, op
        assert not limits.whole or (amounts == np.rint(amounts)).all(), op
        assert low == high or amounts.max() - amounts.min() > 0.3 * (high - low), op
