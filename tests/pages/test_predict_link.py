"""Runs and image of the Predict page in its URL, and links that name what is not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cifar_core.runs import Run, RunStore
from tests.pages.helpers import as_read, go_to, open_page, says, shown
from tests.pages.predict_page import chosen, linked, photographed, png, with_own_picture


def test_the_choice_is_in_the_url_and_survives_other_pages(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = open_page("predict")
    shown(session.multiselect("predict-runs").set_value([old.id, new.id]).run())
    shown(session.number_input("test-image-digits").set_value(17).run())
    before = (f"{old.id},{new.id}", "17")
    assert (linked(session, "runs"), linked(session, "image")) == before
    go_to(go_to(session, "training"), "predict")
    assert chosen(session) == [old.id, new.id]
    assert session.number_input("test-image-digits").value == 17
    assert (linked(session, "runs"), linked(session, "image")) == before


def test_a_later_link_wins_over_what_was_looked_at(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = with_own_picture(open_page("predict", runs=new.id), png())
    assert linked(session, "image") is None
    go_to(session, "home")
    session.query_params.update(runs=old.id, image="9")
    go_to(session, "predict")
    assert chosen(session) == [old.id]
    assert session.segmented_control("predict-source").value == "test"
    assert session.number_input("test-image-digits").value == 9


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"runs": "20010101-000000-abcdef"}, "There is no run 20010101-000000-abcdef here."),
        ({"runs": "../etc"}, "There is no run ../etc here."),
        ({"runs": "nonesuch,neither"}, "There are no runs nonesuch, neither here."),
        ({"image": "297"}, "names no test image"),
        ({"image": "-1"}, "names no test image"),
        ({"image": "9" * 400}, "names no test image"),
        ({"image": "3", "images": "nonsense"}, "names no test image"),
    ],
)
def test_a_link_to_nothing_is_told_and_the_page_goes_on(
    trained: Callable[[str], Run], link: dict[str, str], words: str
) -> None:
    run = trained("completed")
    session = open_page("predict", **link)
    (warning,) = session.warning
    assert words in as_read(warning.value)
    assert chosen(session) == [run.id]
    assert linked(session, "image") == "0"
    assert not shown(session.run()).warning


def test_a_link_to_more_than_four_runs_shows_four(trained: Callable[[str], Run], store: RunStore) -> None:
    runs = [trained("completed").id, trained("seed").id, trained("stopped").id, *(photographed(store).id for _ in "12")]
    session = open_page("predict", runs=",".join(runs))
    assert says(session, "names 5 runs: the first four are shown")
    assert chosen(session) == runs[:4]


def test_a_link_to_very_many_runs_is_cut(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("predict", runs=",".join([run.id, *(f"r{number}" for number in range(900))]))
    unknown, cut = session.warning
    assert unknown.value.count(",") == 18
    assert cut.value == "The link names 901 runs: only the first 20 were looked for."
    assert chosen(session) == [run.id]


@pytest.mark.cifar10
def test_a_link_opens_the_test_image_of_another_data_set(trained: Callable[[str], Run], store: RunStore) -> None:
    digits = trained("completed")
    photographs = photographed(store)
    session = open_page("predict", runs=f"{digits.id},{photographs.id}", image="9999", images="cifar10")
    assert says(session, "Test image 9999 of CIFAR-10")
    assert (linked(session, "image"), linked(session, "images")) == ("9999", "cifar10")
    shown(session.segmented_control("predict-dataset").set_value("digits").run())
    assert says(session, "Test image 0 of Handwritten digits")
    assert linked(session, "images") is None
