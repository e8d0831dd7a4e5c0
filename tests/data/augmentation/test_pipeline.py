from __future__ import annotations

import random
import subprocess
import sys
import warnings

import numpy as np
import pytest

from cifar_core.data.augmentation import (
    AugmentationSpec,
    CoarseDropout,
    ColorJitter,
    HorizontalFlip,
    ShiftScaleRotate,
    Transform,
    augmentation_names,
    find_augmentation,
)
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.datasets import Images

MEAN = (0.4914, 0.4822, 0.4465)
MEAN_LEVELS = (125, 123, 114)
STILL = ShiftScaleRotate(shift_limit=0, scale_limit=0, rotate_limit=0, fill=(0, 0, 0), p=1)


def pictures(count: int = 16) -> Images:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def plain(count: int = 100, level: int = 200) -> Images:
    return np.full((count, 32, 32, 3), level, dtype=np.uint8)


def white_square(count: int, side: int) -> Images:
    """Black images with a white square in the middle."""
    images = plain(count, 0)
    near, far = 16 - side // 2, 16 + side // 2
    images[:, near:far, near:far] = 255
    return images


def augment(images: Images, *transforms: Transform, seed: int = 0) -> Images:
    return AlbumentationsPipeline(AugmentationSpec(transforms=transforms), MEAN)(images, seed)


def covered(images: Images, color: tuple[int, int, int]) -> np.ndarray:
    mask: np.ndarray = (images == np.array(color)).all(axis=-1)
    return mask


@pytest.mark.parametrize("name", [name for name in augmentation_names() if name != "none"])
def test_draws_depend_on_the_seed_alone(name: str) -> None:
    spec = find_augmentation(name).spec
    pipeline, other = AlbumentationsPipeline(spec, MEAN), AlbumentationsPipeline(spec, MEAN)
    first = pipeline(pictures(), 7)
    assert not np.array_equal(first, pipeline(pictures(), 8))
    random.seed(99)
    np.random.seed(99)
    assert np.array_equal(first, pipeline(pictures(), 7))
    assert np.array_equal(first, other(pictures(), 7))


def test_the_global_generators_are_left_alone() -> None:
    random.seed(1)
    np.random.seed(1)
    expected = (random.random(), float(np.random.random()))
    random.seed(1)
    np.random.seed(1)
    AlbumentationsPipeline(find_augmentation("seed-model-3").spec, MEAN)(pictures(), 3)
    assert (random.random(), float(np.random.random())) == expected


def test_images_of_a_batch_are_drawn_apart() -> None:
    augmented = augment(plain(50), CoarseDropout(p=1))
    assert len({image.tobytes() for image in augmented}) > 25


@pytest.mark.parametrize("name", augmentation_names())
def test_shape_and_kind_stay_and_the_input_is_not_touched(name: str) -> None:
    images = pictures()
    augmented = AlbumentationsPipeline(find_augmentation(name).spec, MEAN)(images, 1)
    assert augmented.shape == images.shape
    assert augmented.dtype == np.uint8
    assert np.array_equal(images, pictures())


def test_read_only_input_is_accepted() -> None:
    images = pictures()
    images.flags.writeable = False
    augmented = AlbumentationsPipeline(find_augmentation("seed-model-3").spec, MEAN)(images, 1)
    assert augmented.flags.writeable


def test_an_empty_batch_stays_empty() -> None:
    assert augment(pictures(0), HorizontalFlip(p=1)).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**63])
def test_large_seeds_are_accepted(seed: int) -> None:
    assert augment(pictures(2), HorizontalFlip(), seed=seed).shape == (2, 32, 32, 3)


def test_no_transforms_change_nothing() -> None:
    assert np.array_equal(augment(pictures()), pictures())


@pytest.mark.parametrize(
    "transform", [HorizontalFlip(p=0), ShiftScaleRotate(p=0), ColorJitter(p=0), CoarseDropout(p=0)]
)
def test_probability_0_changes_nothing(transform: Transform) -> None:
    assert np.array_equal(augment(pictures(), transform), pictures())


def test_flip_mirrors_left_to_right() -> None:
    assert np.array_equal(augment(pictures(), HorizontalFlip(p=1)), pictures()[:, :, ::-1])


def test_probability_is_the_share_of_images_changed() -> None:
    images = pictures(1).repeat(2_000, axis=0)
    flipped = (augment(images, HorizontalFlip(p=0.3))[:, 0, 0] != images[:, 0, 0]).any(axis=-1)
    assert flipped.mean() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("border", ["constant", "reflect", "replicate"])
def test_limits_of_0_leave_the_images_as_they_are(border: str) -> None:
    assert np.array_equal(augment(pictures(), STILL.changed(border=border)), pictures())


def test_color_limits_of_0_leave_the_images_as_they_are() -> None:
    still = ColorJitter(brightness=0, contrast=0, saturation=0, hue=0, p=1)
    assert np.array_equal(augment(pictures(), still), pictures())


@pytest.mark.parametrize(("limit", "pixels"), [(0.0625, 2), (0.25, 8), (0.01, 0)])
def test_shift_reaches_its_limit_evenly_and_in_both_axes_apart(limit: float, pixels: int) -> None:
    augmented = augment(white_square(1_500, 2), STILL.changed(shift_limit=limit))[..., 0]
    places = np.argwhere(augmented == 255).reshape(1_500, 4, 3)[:, 0, 1:] - 15
    values, counts = np.unique(places, return_counts=True)
    assert values.tolist() == list(range(-pixels, pixels + 1))
    assert counts.min() > counts.max() / 2
    assert len(np.unique(places, axis=0)) > (2 * pixels + 1) ** 2 / 2


def test_scale_reaches_its_limit_and_not_beyond() -> None:
    augmented = augment(white_square(500, 16), STILL.changed(scale_limit=0.4))[..., 0] / 255
    factors = np.sqrt(augmented.sum(axis=(1, 2))) / 16
    assert factors.min() == pytest.approx(0.6, abs=0.05)
    assert factors.max() == pytest.approx(1.4, abs=0.05)
    assert factors.mean() == pytest.approx(1, abs=0.05)


def test_rotation_turns_both_ways_about_the_centre_up_to_its_limit() -> None:
    # A bar from the centre to the right: the angle of its centre of mass is the rotation.
    images = plain(500, 0)
    images[:, 15:17, 16:30] = 255
    augmented = augment(images, STILL.changed(rotate_limit=30))[..., 0].astype(float)
    rows, columns = np.indices((32, 32)) - 15.5
    mass = augmented.sum(axis=(1, 2))
    down, right = ((augmented * place).sum(axis=(1, 2)) / mass for place in (rows, columns))
    angles = np.degrees(np.arctan2(down, right))
    assert (angles.min(), angles.max()) == (pytest.approx(-30, abs=2), pytest.approx(30, abs=2))


@pytest.mark.parametrize(("fill", "color"), [("mean", MEAN_LEVELS), ((1, 2, 3), (1, 2, 3))])
def test_what_moved_away_leaves_the_fill_color(fill: object, color: tuple[int, int, int]) -> None:
    augmented = augment(plain(20), STILL.changed(shift_limit=1, fill=fill), seed=3)
    empty = covered(augmented, color)
    assert empty.any()
    assert (empty | covered(augmented, (200, 200, 200))).all()


def test_reflected_and_repeated_borders_leave_nothing_empty() -> None:
    for border in ("reflect", "replicate"):
        augmented = augment(plain(20), ShiftScaleRotate(border=border, fill=(0, 0, 0), rotate_limit=45, p=1))
        assert np.array_equal(augmented, plain(20))


@pytest.mark.parametrize(("fill", "color"), [("mean", MEAN_LEVELS), ((255, 0, 9), (255, 0, 9))])
def test_assignments_dropout_covers_exactly_one_whole_16_by_16_square(
    fill: object, color: tuple[int, int, int]
) -> None:
    dropout = find_augmentation("assignment").spec.transforms[2].changed(p=1, fill=fill)
    assert isinstance(dropout, CoarseDropout)
    augmented = augment(plain(200), dropout)
    hole = covered(augmented, color)
    assert (hole.sum(axis=(1, 2)) == 256).all()
    assert (hole.any(axis=2).sum(axis=1) == 16).all()
    assert (hole.any(axis=1).sum(axis=1) == 16).all()
    assert (augmented[~hole] == 200).all()


def test_holes_lie_everywhere() -> None:
    hole = covered(augment(plain(600), CoarseDropout(fill=(0, 0, 0), p=1)), (0, 0, 0))
    tops, lefts = hole.any(axis=2).argmax(axis=1), hole.any(axis=1).argmax(axis=1)
    assert (tops.min(), tops.max(), lefts.min(), lefts.max()) == (0, 16, 0, 16)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 32), (32, 1), (5, 9), (32, 32)])
def test_holes_have_the_size_asked_for(height: int, width: int) -> None:
    hole = covered(augment(plain(30), CoarseDropout(height=height, width=width, fill=(0, 0, 0), p=1)), (0, 0, 0))
    assert (hole.any(axis=2).sum(axis=1) == height).all()
    assert (hole.any(axis=1).sum(axis=1) == width).all()
    assert (hole.sum(axis=(1, 2)) == height * width).all()


def test_several_holes_may_overlap_and_never_exceed_their_number() -> None:
    area = covered(augment(plain(), CoarseDropout(holes=4, height=4, width=4, fill=(0, 0, 0), p=1)), (0, 0, 0)).sum(
        axis=(1, 2)
    )
    assert area.max() == 64
    assert area.min() >= 16


def test_transforms_act_in_their_order() -> None:
    hide = CoarseDropout(height=32, width=32, fill=(9, 9, 9), p=1)
    jitter = ColorJitter(brightness=1, contrast=0, saturation=0, hue=0, p=1)
    assert (augment(plain(5), jitter, hide) == 9).all()
    assert not (augment(plain(5), hide, jitter) == 9).all()


def test_brightness_changes_by_at_most_its_limit() -> None:
    augmented = augment(plain(400, 100), ColorJitter(brightness=0.3, contrast=0, saturation=0, hue=0, p=1))
    assert (augmented.min(), augmented.max()) == (pytest.approx(70, abs=2), pytest.approx(130, abs=2))


@pytest.mark.parametrize("name", augmentation_names())
def test_no_preset_makes_albumentations_complain(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AlbumentationsPipeline(find_augmentation(name).spec, MEAN)(pictures(4), 0)


def test_a_fresh_process_is_quiet_and_asks_no_index() -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "import numpy, cifar_core.data as d\n"
        "from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline\n"
        "spec = d.find_augmentation('seed-model-3').spec\n"
        "AlbumentationsPipeline(spec, (0.5, 0.5, 0.5))(numpy.zeros((2, 32, 32, 3), numpy.uint8), 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "always::UserWarning", "-c", program], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
