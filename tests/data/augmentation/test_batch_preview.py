from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data import find_augmentation, load_dataset
from cifar_core.data.augmentation import AugmentationSpec, CutMix, HorizontalFlip, Mixer, MixUp
from cifar_core.data.augmentation.batch_preview import BatchPreview, draw_batch, most_telling, report_mix, tell_classes
from cifar_core.data.augmentation.mixing import CUTMIX, MIXUP

DIGITS = load_dataset("digits")
NAMES = ("cat", "dog", "ship")


def batch(*mixers: Mixer, draw: int = 0, count: int = 32) -> BatchPreview:
    return draw_batch(DIGITS, AugmentationSpec(batch=mixers), count, draw)


def test_a_batch_holds_different_images_from_anywhere_in_the_set() -> None:
    positions = batch().positions
    assert len(set(positions.tolist())) == 32
    assert positions.max() > 1_000
    assert not np.array_equal(positions, batch(draw=1).positions)


def test_without_mixers_images_and_classes_are_their_own() -> None:
    still = batch()
    assert np.array_equal(still.received, DIGITS.train.images[still.positions])
    assert (still.weights.argmax(axis=1) == DIGITS.train.targets[still.positions]).all()
    assert (still.weights.max(axis=1) == 1).all()
    assert len(still.mixed) == 0


def test_images_are_augmented_before_they_are_mixed() -> None:
    spec = AugmentationSpec(transforms=(HorizontalFlip(p=1.0),), batch=(MixUp(p=1.0),))
    drawn = draw_batch(DIGITS, spec, 16, 0)
    assert np.array_equal(drawn.augmented, DIGITS.train.images[drawn.positions][:, :, ::-1])
    assert drawn.draws[0].applied.all()


def test_mixup_lays_the_partner_over_the_image_and_shares_the_classes() -> None:
    drawn = batch(MixUp(alpha=1.0, p=1.0))
    assert drawn.mixed.tolist() == list(range(32))
    targets = DIGITS.train.targets[drawn.positions]
    for place in drawn.mixed:
        partner, share = drawn.mix.partners[place], float(drawn.mix.shares[place])
        expected = share * drawn.augmented[place] + (1 - share) * drawn.augmented[partner]
        assert np.abs(drawn.received[place] - expected).max() <= 1
        answer = np.zeros(10)
        answer[targets[place]] += share
        answer[targets[partner]] += 1 - share
        assert drawn.weights[place] == pytest.approx(answer, abs=1e-6)


def test_cutmix_weighs_the_classes_by_the_pixels_that_are_really_there() -> None:
    drawn = batch(CutMix(p=1.0))
    targets = DIGITS.train.targets[drawn.positions]
    for place in drawn.mixed:
        left, top, right, bottom = drawn.mix.boxes[place].tolist()
        partner = drawn.mix.partners[place]
        inside = np.zeros((32, 32), dtype=bool)
        inside[top:bottom, left:right] = True
        assert np.array_equal(drawn.received[place][inside], drawn.augmented[partner][inside])
        assert np.array_equal(drawn.received[place][~inside], drawn.augmented[place][~inside])
        if targets[place] != targets[partner]:
            assert drawn.weights[place, targets[partner]] == pytest.approx(inside.mean(), abs=1e-6)


def test_a_batch_is_decided_by_its_draw() -> None:
    spec = find_augmentation("assignment").spec.changed(batch=[{"type": "cutmix"}])
    first, again = (draw_batch(DIGITS, spec, 8, 5) for _ in range(2))
    assert np.array_equal(first.received, again.received)
    assert np.array_equal(first.weights, again.weights)


def test_of_two_mixers_each_is_told_with_the_coin_counted_in() -> None:
    spec = AugmentationSpec(batch=(MixUp(p=0.8), CutMix(p=0.4)))
    drawn = draw_batch(DIGITS, spec, 400, 0)
    for report, kind, p in zip(report_mix(spec, drawn.mix), (MIXUP, CUTMIX), (0.4, 0.2), strict=True):
        assert report.asked_p == pytest.approx(p)
        assert report.happened == (drawn.mix.kind == kind).sum()
        assert abs(report.got_p - p) < 0.1
        (share,) = report.drawn
        assert len(share.got) == report.happened
        assert 0 <= share.got.min() <= share.got.max() <= 1


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([0.7, 0.3, 0.0], "cat 70 %, dog 30 %"),
        ([0.25, 0.0, 0.75], "ship 75 %, cat 25 %"),
        ([0.0, 1.0, 0.0], "dog"),
        ([0.998, 0.002, 0.0], "cat"),
        ([0.06, 0.94, 0.0], "dog 94 %, cat 6 %"),
    ],
)
def test_classes_are_told_in_shares_the_larger_first(weights: list[float], told: str) -> None:
    assert tell_classes(np.array(weights, dtype=np.float32), NAMES) == told


def test_a_class_that_is_a_number_cannot_be_taken_for_a_share() -> None:
    assert tell_classes(np.array([0.0, 0.63, 0.37], dtype=np.float32), ("0", "1", "7")) == '"1" 63 %, "7" 37 %'


def test_pairs_of_two_classes_in_even_shares_come_first() -> None:
    drawn = batch(MixUp(alpha=1.0, p=0.7), count=64)
    targets = DIGITS.train.targets
    places = most_telling(drawn, targets)
    assert sorted(places.tolist()) == drawn.mixed.tolist()
    own, others = targets[drawn.positions[places]], targets[drawn.positions[drawn.mix.partners[places]]]
    seen = [(bool(same), abs(share - 0.5)) for same, share in zip(own == others, drawn.mix.shares[places], strict=True)]
    assert seen == sorted(seen)
    assert {same for same, _ in seen} == {False, True}
