from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

from cifar_core.data import find_augmentation, load_dataset
from cifar_core.data.augmentation import CoarseDropout
from cifar_core.data.augmentation.amounts import report_draws
from cifar_core.data.augmentation.literal import (
    LITERAL_CODE,
    assignment_with_dropout_always,
    literal_pipeline,
    literal_spec,
    literal_warnings,
)
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline

MEAN = load_dataset("digits").mean
WHITE = np.full((60, 32, 32, 3), 255, dtype=np.uint8)


def test_the_literal_arguments_are_ignored_and_the_library_says_so() -> None:
    ignored, moved = sorted(literal_warnings(MEAN))
    for argument in ("max_holes", "max_height", "max_width", "min_holes", "min_height", "min_width", "fill_value"):
        assert argument in ignored
        assert f"{argument}=" in LITERAL_CODE
    assert ignored.endswith("are not valid for transform CoarseDropout")
    assert "Affine" in moved


def test_they_cut_one_or_two_small_black_holes() -> None:
    recorded = literal_pipeline(MEAN).record(WHITE, range(60))
    *_, dropout = recorded.draws
    holes = np.asarray(dropout.values["holes"], dtype=np.int64)
    count = (holes[..., 2] > holes[..., 0]).sum(axis=1)
    assert set(count) == {1, 2}
    for image, cut, moves in zip(recorded.images, holes, recorded.draws[1].applied, strict=True):
        covered = np.zeros((32, 32), dtype=bool)
        for left, top, right, bottom in cut.tolist():
            covered[top:bottom, left:right] = True
        assert (image[covered] == 0).all()
        if not moves:
            assert (image[~covered] == 255).all()


def test_what_they_draw_is_told_within_the_spec_that_describes_them() -> None:
    reports = report_draws(literal_spec(), literal_pipeline(MEAN).record(WHITE, range(60)).draws)
    for report in reports:
        for drawn in report.drawn:
            low, high = drawn.amount.asked
            assert (drawn.got >= low - 1e-6).all(), drawn.amount
            assert (drawn.got <= high + 1e-6).all(), drawn.amount
    turned = reports[1].drawn[0]
    assert np.abs(turned.got).max() > 15


def test_the_preset_cuts_one_hole_of_16_pixels_in_the_mean() -> None:
    spec = assignment_with_dropout_always()
    assert isinstance(spec.transforms[-1], CoarseDropout)
    assert spec.transforms[:-1] == find_augmentation("assignment").spec.transforms[:-1]
    recorded = AlbumentationsPipeline(spec, MEAN).record(WHITE, range(60))
    mean = np.round(np.array(MEAN) * 255)
    for image, (hole,) in zip(recorded.images, recorded.draws[-1].values["holes"], strict=True):
        left, top, right, bottom = hole.tolist()
        assert (right - left, bottom - top) == (16, 16)
        assert (image[top:bottom, left:right] == mean).all()


def test_no_warning_leaks_and_the_filters_stay_as_they_were() -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        literal_pipeline((0.1, 0.2, 0.3))(WHITE[:1], seed=0)
        literal_warnings((0.3, 0.2, 0.1))
    assert list(warnings.filters) == before


def test_two_visitors_do_not_share_what_was_drawn() -> None:
    """A transform of albumentations remembers its last draw."""
    alone = literal_pipeline(MEAN).record(WHITE, range(60))
    results = []

    def draw() -> None:
        results.append(literal_pipeline(MEAN).record(WHITE, range(60)))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        assert np.array_equal(result.images, alone.images)
        assert np.array_equal(result.draws[-1].values["holes"], alone.draws[-1].values["holes"])


@pytest.mark.parametrize("mean", [(0.4914, 0.4822, 0.4465), (0.1, 0.1, 0.1)])
def test_the_mean_given_changes_nothing(mean: tuple[float, ...]) -> None:
    assert np.array_equal(literal_pipeline(mean)(WHITE, seed=3), literal_pipeline(MEAN)(WHITE, seed=3))
