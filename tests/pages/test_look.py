"""Home's section "Look at the data"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.data import load_dataset
from cifar_core.data.sheets import draw_by_class, positions_of_class
from tests.conftest import CIFAR10_FOLDER
from tests.pages.helpers import gallery_images, go_to, open_page, says, shown, texts
from tests.tiny import run_python


def opened(**query: str) -> AppTest:
    return open_page("home", look="true", **query)


def table(session: AppTest) -> dict[str, list[str]]:
    """Rows of the figures, by name; where a name comes twice, the later one."""
    return {row[0]: row[1:] for row in session.dataframe[0].value.values.tolist()}


def alt_of_the_image(session: AppTest) -> str:
    (image,) = session.get("image")
    (told,) = image.proto.imgs
    assert told.url.endswith(".png")  # a JPEG would blur the pixels' edges
    alt: str = told.alt
    return alt


def errors(session: AppTest) -> list[str]:
    return [error.value.replace("\\", "") for error in session.error]


def test_closed_it_shows_and_reads_nothing() -> None:
    session = open_page("home")
    assert not gallery_images(session, "look-sheet")
    assert not session.dataframe
    assert not says(session, "Class balance")


@pytest.mark.cifar10
def test_open_on_cifar10_it_needs_neither_torch_nor_albumentations() -> None:
    script = f"""
import os, sys
os.environ["CIFAR_LAB_DATA"] = {str(CIFAR10_FOLDER)!r}
from streamlit.testing.v1 import AppTest
from cifar_core.ui import resources
resources.warm_up = lambda: None
app = AppTest.from_file("app.py", default_timeout=60)
app.query_params["look"] = "true"
app.run()
assert not app.exception, app.exception
assert any("every class has 5,000 images" in text.value for text in app.markdown)
print(sorted({{"torch", "albumentations", "torchvision", "sklearn"}} & set(sys.modules)))
"""
    result = run_python(script)
    assert result.stdout.strip() == "[]", result.stderr


def test_without_cifar10_it_says_so_and_shows_the_digits_by_class() -> None:
    session = opened()
    assert says(session, "CIFAR-10 is not here: digits stand in.")
    labelled = load_dataset("digits").train
    drawn = np.concatenate(draw_by_class(labelled.targets, 10, 10, 0))
    images = gallery_images(session, "look-sheet")
    assert [image.alt for image in images] == [
        f"Training image {position:,}: {labelled.targets[position]}" for position in drawn
    ]
    assert np.array_equal(np.stack([image.picture for image in images]), labelled.images[drawn])


def test_a_new_draw_takes_other_images_and_the_same_number_the_same_ones() -> None:
    session = opened()
    first = [image.alt for image in gallery_images(session, "look-sheet")]
    shown(session.button("new-look-draw").click().run())
    assert session.number_input("look-draw").value == 1
    assert [image.alt for image in gallery_images(session, "look-sheet")] != first
    shown(session.number_input("look-draw").set_value(0).run())
    assert [image.alt for image in gallery_images(session, "look-sheet")] == first


def test_all_images_of_one_class_are_shown_page_by_page() -> None:
    session = opened(**{"look-class-digits": "3", "look-page": "2"})
    found = positions_of_class(load_dataset("digits").train.targets, 3)
    assert [image.caption for image in gallery_images(session, "look-sheet")] == [f"{at:,}" for at in found[100:]]
    shown(session.selectbox("look-set").set_value("test").run())
    assert gallery_images(session, "look-sheet")[0].alt.startswith("Test image ")
    assert not session.error


def test_any_image_is_shown_by_its_number() -> None:
    session = opened(**{"look-image": "7"})
    labelled = load_dataset("digits").train
    assert alt_of_the_image(session) == f"Training image 7: {labelled.targets[7]}"
    mean = labelled.images[7].mean() / 255
    assert says(session, f"red {mean:.3f}", f"green {mean:.3f}", f"blue {mean:.3f}")
    shown(session.number_input("look-image").set_value(8).run())
    assert alt_of_the_image(session) == f"Training image 8: {labelled.targets[8]}"


@pytest.mark.parametrize("number", [-1, 1_500, 10**9])
def test_a_number_without_an_image_is_told_with_the_range_and_the_last_image_stays(number: int) -> None:
    session = opened(**{"look-image": "7"})
    before = alt_of_the_image(session)
    shown(session.number_input("look-image").set_value(number).run())
    assert errors(session) == [f"There is no training image {number:,} of Handwritten digits: choose 0 to 1,499."]
    assert alt_of_the_image(session) == before
    assert session.number_input("look-image").value == number
    assert len(gallery_images(session, "look-sheet")) == 100
    shown(session.number_input("look-image").set_value(9).run())
    assert not session.error


def test_a_number_in_the_link_without_an_image_is_told_too() -> None:
    session = opened(**{"look-image": "4000", "look-set": "Test"})
    assert errors(session) == ["There is no test image 4,000 of Handwritten digits: choose 0 to 296."]
    assert alt_of_the_image(session).startswith("Test image 0: ")


@pytest.mark.parametrize(
    "query", [{"look-image": "x"}, {"look-set": "x"}, {"look-at": "imagenet"}, {"look-page": "99"}, {"look-draw": "-1"}]
)
def test_nonsense_in_the_link_is_ignored(query: dict[str, str]) -> None:
    session = opened(**query)
    assert not session.error
    assert len(gallery_images(session, "look-sheet")) == 100


@pytest.mark.parametrize(("split", "balance"), [("Training", "from 145 images"), ("Test", "from 29 images")])
def test_the_figures_are_those_of_the_set_that_is_shown(split: str, balance: str) -> None:
    session = opened(**{"look-set": split})
    data = load_dataset("digits")
    labelled = data.train if split == "Training" else data.test
    pixels = labelled.images[..., 0] / 255
    figures = table(session)
    assert figures["mean"] == [f"{pixels.mean():.4f}"] * 3
    assert figures["std, all pixels"] == [f"{pixels.std():.4f}"] * 3
    assert figures["std, mean of images"] == [f"{pixels.std(axis=(1, 2), ddof=1).mean():.4f}"] * 3
    assert says(session, f"{len(labelled):,} {split.lower()} images")
    assert says(session, "Class balance", balance)


@pytest.mark.cifar10
def test_the_published_figures_of_cifar10_stand_beside_the_computed_ones() -> None:
    session = opened()
    rows = [row[1:] for row in session.dataframe[0].value.values.tolist()]
    assert rows[0::2] == rows[1::2]
    assert rows[5] == ["0.2023", "0.1994", "0.2010"]
    assert says(session, "Class balance", "every class has 5,000 images.")
    shown(session.selectbox("look-at").set_value("digits").run())
    assert says(session, "1,500 training images")


@pytest.mark.cifar10
def test_a_damaged_cifar10_is_told_and_the_digits_can_still_be_seen(damaged_cifar10: Path) -> None:
    session = opened()
    (sentence,) = errors(session)
    assert "data_batch_2 is damaged" in sentence
    shown(session.selectbox("look-at").set_value("digits").run())
    assert not session.error
    assert len(gallery_images(session, "look-sheet")) == 100


def test_what_was_chosen_is_kept_through_other_pages() -> None:
    session = opened(**{"look-image": "7", "look-set": "Test"})
    go_to(session, "runs")
    session.query_params["look"] = "true"
    go_to(session, "home")
    assert any(text.startswith("**Test image 7**") for text in texts(session))
