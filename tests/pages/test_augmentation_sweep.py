"""One parameter swept from end to end."""

from __future__ import annotations

import json

import numpy as np

from cifar_core.data.augmentation import CoarseDropout, ShiftScaleRotate
from tests.pages.augmentation_page import DIGITS, page, table
from tests.pages.helpers import gallery_images, says, shown


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
