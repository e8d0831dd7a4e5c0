"""A picture of one's own, augmented or refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cifar_core.data import read_picture
from cifar_core.data.augmentation import CoarseDropout, HorizontalFlip
from tests.pages.augmentation_page import OWN, encoded, noise, page, upload
from tests.pages.helpers import as_read, gallery_images, go_to, pixels, says, shown


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
