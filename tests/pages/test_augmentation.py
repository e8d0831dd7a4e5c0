"""The pictures of the Augmentation page."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cifar_core.data import AugmentationSpec, find_augmentation, load_dataset, read_picture
from cifar_core.data.augmentation import (
    CoarseDropout,
    HorizontalFlip,
    Mixer,
    MixUp,
    ShiftScaleRotate,
    Transform,
)
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.preview import first_of_each_class
from cifar_core.ui.workbench_link import augmentation_link
from tests.pages.helpers import (
    as_read,
    gallery_images,
    go_to,
    laid_augmentation,
    on_strip,
    open_page,
    pixels,
    says,
    shown,
)

DIGITS = load_dataset("digits")
OWN = "Your own picture"


def link(*transforms: Transform, batch: tuple[Mixer, ...] = ()) -> str:
    return augmentation_link(find_augmentation("none"), AugmentationSpec(transforms=transforms, batch=batch))


def page(*transforms: Transform, batch: tuple[Mixer, ...] = (), **query: str) -> AppTest:
    """The page with these on its workbench."""
    return open_page("augmentation", transforms=link(*transforms, batch=batch), **query)


def table(session: AppTest) -> dict[tuple[str, str], dict[str, Any]]:
    """Asked for and got, by transform and by what is drawn."""
    (found,) = session.dataframe
    rows = found.value.to_dict("records")
    return {(row["Transform"], row["What is drawn"]): {str(name): told for name, told in row.items()} for row in rows}


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def upload(session: AppTest, content: bytes, name: str = "cat.png") -> AppTest:
    return shown(session.file_uploader("upload").set_value((name, content, "image/png")).run())


def noise(side: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8))


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


def test_a_batch_is_told_in_shares_and_shown_in_pairs() -> None:
    session = page(HorizontalFlip(), batch=(MixUp(alpha=1.0, p=1.0),), samples="A batch")
    batch, pairs = gallery_images(session, "batch-sheet"), gallery_images(session, "pairs-sheet")
    assert len(batch) == 32
    assert any(", " in image.caption.splitlines()[0] for image in batch)
    assert len(pairs) == 18
    for own, partner, mixed in zip(pairs[::3], pairs[1::3], pairs[2::3], strict=True):
        told = mixed.caption.removeprefix("= ").partition("\n")[0]
        parts = [part.replace('"', "").split() for part in told.replace("\u00a0", " ").split(", ")]
        shares = {name: float(percent[0]) / 100 if percent else 1.0 for name, *percent in parts}
        assert set(shares) <= {own.caption, partner.caption.removeprefix("+ ")}
        assert sum(shares.values()) == pytest.approx(1.0, abs=0.011)
        if own.caption != partner.caption.removeprefix("+ "):
            share = shares.get(own.caption, 0.0)
            expected = share * own.picture + (1 - share) * partner.picture
            assert np.abs(mixed.picture - expected).max() <= 3  # a share of two decimals
        assert mixed.caption.endswith("mixup")
    assert table(session)["Mixup", "Happens"]["Got"] == "100.0 % (32 of 32)"


def test_a_batch_without_mixers_says_how_to_get_pairs() -> None:
    session = page(CoarseDropout(), samples="A batch")
    assert len(gallery_images(session, "batch-sheet")) == 32
    assert not gallery_images(session, "pairs-sheet")
    assert says(session, "No mixer is on: switch Mixup or CutMix on")
    shown(session.toggle("none.cutmix").set_value(True).run())
    assert gallery_images(session, "pairs-sheet")


def test_an_own_picture_is_augmented_as_the_network_sees_it() -> None:
    session = page(HorizontalFlip(p=1.0), samples=OWN)
    assert says(session, "Choose a picture")
    assert not gallery_images(session, "samples-sheet")
    upload(session, encoded(noise()))
    seen = read_picture(encoded(noise()))
    original, *samples = gallery_images(session, "samples-sheet")
    assert np.array_equal(original.picture, seen)
    assert original.caption == "cat.png"
    assert len(samples) == 16
    assert all(np.array_equal(sample.picture, seen[:, ::-1]) for sample in samples)


def test_an_own_picture_is_the_same_on_both_pages_that_take_one() -> None:
    session = upload(page(samples=OWN), encoded(noise()))
    go_to(go_to(session, "home"), "augmentation")
    assert gallery_images(session, "samples-sheet")[0].caption == "cat.png"
    shown(session.segmented_control("pictures").set_value("One parameter").run())
    shown(session.selectbox("swept-image").set_value(OWN).run())
    assert "cat.png" in gallery_images(session, "sweep-sheet")[0].alt


FRAMES = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (encoded(Image.new("RGB", (1, 1))), "bad.png is too small (1 x 1 pixels): at least 8 pixels a side."),
        (b"no picture", "bad.png is not a picture that can be read: use a PNG, JPEG or WebP file."),
        (encoded(FRAMES[0], "GIF"), "bad.png is not a picture that can be read: use a PNG, JPEG or WebP file."),
        (encoded(noise())[:900], "bad.png cannot be read: it is damaged."),
        (
            encoded(Image.new("L", (10_001, 9))),
            "bad.png is too large (10,001 x 9 pixels): at most 10,000 pixels a side and 40 million in all.",
        ),
    ],
    ids=["1 x 1", "text", "GIF", "cut off", "huge"],
)
def test_a_bad_upload_is_one_sentence_and_the_last_good_preview_stays(content: bytes, sentence: str) -> None:
    session = upload(page(CoarseDropout(), samples=OWN), encoded(noise()))
    before = pixels(session)
    upload(session, content, "bad.png")
    (error,) = session.error
    assert as_read(error.value) == f"{sentence} The picture shown is still cat.png."
    assert pixels(session) == before


def test_an_animated_upload_shows_its_first_frame_and_says_so() -> None:
    content = encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], lossless=True)
    session = upload(page(samples=OWN), content, "waving.webp")
    assert says(session, "It is animated: the first of its 2 frames is taken.")
    assert (gallery_images(session, "samples-sheet")[0].picture == (255, 0, 0)).all()


def test_a_cmyk_upload_is_shown_in_its_colours() -> None:
    content = encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG")
    session = upload(page(samples=OWN), content, "print.jpg")
    assert not session.error
    assert says(session, "Its printing inks (CMYK) were turned into red, green and blue.")
    red, *others = gallery_images(session, "samples-sheet")[0].picture.reshape(-1, 3).mean(axis=0)
    assert red > 200
    assert max(others) < 60


def test_one_parameter_is_swept_as_a_film_and_as_a_strip() -> None:
    session = page(ShiftScaleRotate(rotate_limit=15), pictures="One parameter", number="4")
    strip = gallery_images(session, "sweep-sheet")
    assert [image.caption for image in strip[::6]] == ["-30°\nbeyond", "0°", "30°\nbeyond"]
    assert [image.caption for image in strip if "beyond" not in image.caption] == [
        f"{angle}°" for angle in range(-15, 16, 5)
    ]
    assert np.abs(strip[6].picture.astype(int) - DIGITS.train.images[4]).max() <= 1
    assert says(session, "Your augmentation draws -15° to 15°")
    film = json.loads(session.get("plotly_chart")[0].proto.spec)
    assert len(film["frames"]) == 61
    assert film["layout"]["updatemenus"][0]["buttons"][0]["label"] == "Play"


def test_another_transform_and_parameter_can_be_swept() -> None:
    session = page(pictures="One parameter")
    shown(session.selectbox("swept").set_value("Coarse dropout (cutout)").run())
    assert says(session, "It is not on; with its usual settings it leaves it at 1.")
    shown(session.selectbox("swept-coarse_dropout").set_value("height").run())
    captions = [image.caption.partition("\n")[0] for image in gallery_images(session, "sweep-sheet")]
    assert (captions[0], captions[-1]) == ("1\u00a0px", "32\u00a0px")
    for kind in session.selectbox("swept").options:
        shown(session.selectbox("swept").select(kind).run())
        assert gallery_images(session, "sweep-sheet")


def test_each_of_several_transforms_of_one_kind_is_told_and_swept_by_a_name_of_its_own() -> None:
    session = page(CoarseDropout(height=(4, 4)), CoarseDropout(height=(9, 12)))
    names = ["Coarse dropout (cutout)", "Coarse dropout (cutout) (2)"]
    assert [table(session)[name, "Height of a hole"]["Asked for"] for name in names] == ["4 px", "9 px to 12 px"]
    shown(session.segmented_control("pictures").set_value("One parameter").run())
    for name, does in zip(names, ("leaves it at 4 px.", "draws 9 px to 12 px;"), strict=True):
        shown(session.selectbox("swept").set_value(name).run())
        shown(session.selectbox("swept-coarse_dropout").set_value("height").run())
        assert says(session, f"Your augmentation {does}")


def test_the_assignments_words_stand_beside_what_they_mean() -> None:
    session = open_page("augmentation", pictures="The assignment")
    assert says(session, "one hole of 16 x 16 pixels", "it only warns")
    assert any("are not valid for transform CoarseDropout" in block.value for block in session.code)
    assert says(session, "| Height of a hole | 16 px | 3 px to 6 px | 16 px |")
    images = gallery_images(session, "assignment-sheet")
    literal = [image for image in images if image.caption.startswith("literal")]
    preset = [image for image in images if image.caption.startswith("preset")]
    assert len(literal) == len(preset) == 15
    assert all("hole\u00a0x" in image.caption for image in preset)
    assert all(re.search(r"hole\u00a0\dx\d\u00a0x", image.caption) for image in literal)


def test_the_preset_is_laid_on_the_workbench_from_the_comparison() -> None:
    session = page(pictures="The assignment")
    shown(session.button("take-assignment").click().run())
    assert laid_augmentation(session) == find_augmentation("assignment").spec
    assert on_strip(session, "augmentation").endswith("**assignment**")


@pytest.mark.parametrize("pane", ["Samples", "One parameter", "The assignment", "Take away"])
def test_a_pane_is_in_the_url_and_only_it_is_drawn(pane: str) -> None:
    session = open_page("augmentation", pictures=pane)
    assert session.segmented_control("pictures").value == pane
    sheets = {"Samples": "samples-sheet", "One parameter": "sweep-sheet", "The assignment": "assignment-sheet"}
    for each, key in sheets.items():
        assert bool(gallery_images(session, key)) == (each == pane)
    assert bool(session.text_area) == (pane == "Take away")


def test_a_pane_that_a_link_makes_up_is_the_first_one() -> None:
    assert gallery_images(open_page("augmentation", pictures="nonsense", draw="-4", number="x"), "samples-sheet")


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


def test_who_mixes_is_led_to_the_batch() -> None:
    session = page(HorizontalFlip(), batch=(MixUp(p=1.0),))
    assert says(session, "Mixup cannot be seen here")
    shown(session.button("show-batch").click().run())
    assert gallery_images(session, "pairs-sheet")
    assert session.selectbox("samples").value == "A batch"


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
