"""Samples beside their original, with what was drawn for each."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cifar_core.data.augmentation import CoarseDropout, HorizontalFlip, MixUp, ShiftScaleRotate
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.preview import first_of_each_class
from tests.pages.augmentation_page import DIGITS, page, table
from tests.pages.helpers import as_read, gallery_images, open_page, pixels, says, shown


def test_every_class_has_its_original_beside_eight_samples_with_what_was_drawn() -> None:
    images = gallery_images(page(HorizontalFlip(), CoarseDropout()), "samples-sheet")
    assert len(images) == 10 * 9
    for row, position in enumerate(first_of_each_class(DIGITS)):
        original, *samples = images[9 * row : 9 * row + 9]
        pixels_of = DIGITS.train.images[position]
        assert np.array_equal(original.picture, pixels_of)
        assert original.caption == DIGITS.class_names[DIGITS.train.targets[position]]
        for sample in samples:
            expected = pixels_of[:, ::-1] if "flipped" in sample.caption else pixels_of
            if "hole" in sample.caption:
                hole = re.search(r"hole\u00a0x(\d+)\u00a0y(\d+)", sample.caption)
                assert hole is not None
                left, top = map(int, hole.groups())
                expected = expected.copy()
                expected[top : top + 16, left : left + 16] = np.round(np.array(DIGITS.mean) * 255)
                assert f"hole at x {left}, y {top}" in sample.alt
            assert np.array_equal(sample.picture, expected)
            assert "Seed " in sample.alt


def test_one_image_is_shown_in_many_draws() -> None:
    session = open_page("augmentation", samples="One image", number="3")
    first = gallery_images(session, "samples-sheet")
    assert len(first) == 17
    assert np.array_equal(first[0].picture, DIGITS.train.images[3])
    shown(session.number_input("number").set_value(7).run())
    assert pixels(session)[1:] != [image.picture.tobytes() for image in first[1:]]


def test_a_draw_stays_until_a_new_one_is_asked_for_and_comes_back_by_its_number() -> None:
    session = open_page("augmentation")
    first = pixels(session)
    assert pixels(shown(session.run())) == first
    shown(session.button("new-draw").click().run())
    assert session.number_input("draw").value == 1
    assert pixels(session) != first
    assert session.query_params["draw"] in ("1", ["1"])
    shown(session.number_input("draw").set_value(0).run())
    assert pixels(session) == first
    shown(session.number_input("draw").set_value(9_999).run())
    assert shown(session.button("new-draw").click().run()).number_input("draw").value == 0


def test_asked_for_stands_beside_got() -> None:
    rows = table(page(HorizontalFlip(p=1.0), ShiftScaleRotate(rotate_limit=20, p=0.5)))
    flip, moves, rotate = (
        rows[row]
        for row in (
            ("Horizontal flip", "Happens"),
            ("Shift, scale, rotate", "Happens"),
            ("Shift, scale, rotate", "Rotate"),
        )
    )
    assert (flip["Asked for"], flip["Got"]) == ("100.0 %", "100.0 % (80 of 80)")
    assert rotate["Asked for"] == "-20° to 20°"
    assert sum(rotate["Drawn"]) == int(moves["Got"].partition("(")[2].partition(" ")[0])


def test_switching_all_off_says_that_nothing_happens() -> None:
    session = open_page("augmentation")
    for kind in TRANSFORMS:
        session.toggle(f"seed-model-3.{kind}").set_value(False)
    shown(session.run())
    assert says(session, "No transform is on: every draw equals the original.")
    images = gallery_images(session, "samples-sheet")
    assert {image.caption for image in images} == {*DIGITS.class_names, "unchanged"}
    assert not session.dataframe


@pytest.mark.cifar10
def test_with_cifar10_its_images_are_shown_first() -> None:
    session = open_page("augmentation")
    assert session.selectbox("samples-from").options == ["CIFAR-10", "Handwritten digits"]
    assert gallery_images(session, "samples-sheet")[0].caption == "airplane"
    photographs = pixels(session)
    shown(session.selectbox("samples-from").set_value("digits").run())
    assert pixels(session) != photographs


def test_numbers_can_be_left_out_and_stay_in_words_for_who_points_at_a_picture() -> None:
    session = page(HorizontalFlip(p=1.0), batch=(MixUp(),))
    with_numbers = gallery_images(session, "samples-sheet")
    shown(session.toggle("numbers").set_value(False).run())
    without = gallery_images(session, "samples-sheet")
    assert [image.caption for image in with_numbers[:3]] == ["0", "flipped", "flipped"]
    assert [image.caption for image in without[:3]] == ["0", "", ""]
    assert [image.alt for image in without] == [image.alt for image in with_numbers]


def test_what_does_not_suit_the_images_is_said() -> None:
    sentence = "Handwritten digits are mirrored here, and a mirrored 2 is no 2: switch Horizontal flip off for them."
    assert says(page(HorizontalFlip()), sentence)
    assert not says(page(CoarseDropout()), sentence)


@pytest.mark.parametrize("number", ["1500", "-1"])
def test_an_image_that_is_not_there_is_told_and_the_last_one_stays(number: str) -> None:
    session = open_page("augmentation", samples="One image", number=number)
    (told,) = session.error
    assert as_read(told.value).endswith("of Handwritten digits: choose 0 to 1,499.")
    assert np.array_equal(gallery_images(session, "samples-sheet")[0].picture, DIGITS.train.images[0])
    shown(session.number_input("number").set_value(7).run())
    assert not session.error
    session.number_input("number").set_value(2000).run()
    assert np.array_equal(gallery_images(session, "samples-sheet")[0].picture, DIGITS.train.images[7])
