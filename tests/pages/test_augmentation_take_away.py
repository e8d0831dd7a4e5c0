"""What is taken away from the Augmentation page, and brought back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation import CoarseDropout, ColorJitter, CutMix
from tests.pages.helpers import as_read, laid_augmentation, on_strip, open_page, pixels, shown


def bring(session: AppTest, text: str) -> None:
    session.text_area("augmentation-json").set_value(text)
    session.button("augmentation-json-open").click().run()


def test_an_augmentation_comes_back_from_its_json() -> None:
    session = open_page("augmentation", transforms="none", pictures="Take away")
    brought = AugmentationSpec(
        name="mine", transforms=(CoarseDropout(holes=(1, 3)), ColorJitter(), ColorJitter(p=0.1)), batch=(CutMix(),)
    )
    bring(session, brought.to_json())
    shown(session)
    assert laid_augmentation(session) == brought
    (told,) = session.success
    assert told.value == "On the workbench now: 3 transforms and 1 mixer."
    assert not session.run().success
    assert on_strip(session, "augmentation").startswith(":material/auto_fix_high: augmentation **mine**")


def upload(session: AppTest, content: bytes) -> AppTest:
    return shown(session.file_uploader("augmentation-file").set_value(("it.json", content, "application/json")).run())


def test_an_augmentation_comes_back_from_its_file() -> None:
    session = open_page("augmentation", transforms="none", pictures="Take away")
    brought = AugmentationSpec(name="mine", transforms=(ColorJitter(p=0.1),))
    upload(session, brought.to_json().encode())
    assert laid_augmentation(session) == brought


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[]"], ids=["empty", "no text", "a list"])
def test_a_file_that_holds_no_augmentation_is_told_and_changes_nothing(content: bytes) -> None:
    session = open_page("augmentation", transforms="assignment", pictures="Take away")
    old = laid_augmentation(session)
    upload(session, content)
    (told,) = session.error
    assert "still the one before" in told.value
    assert laid_augmentation(session) == old


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "JSON"),
        ('{"schema_version": 2, "transforms": [{"type": "sharpen"}]}', "sharpen"),
        ('{"schema_version": 2, "transforms": [{"type": "grayscale", "p": 1.5}]}', "1.5"),
        ('{"schema_version": 2, "transforms": [{"type": "coarse_dropout", "height": 40}]}', "40"),
        ('{"schema_version": 2, "transforms": [{"type": "coarse_dropout", "holes": [3, 1]}]}', "least"),
        ('{"schema_version": 9, "transforms": []}', "it must be 2"),
    ],
    ids=["no JSON", "unknown transform", "probability", "large hole", "inverted range", "newer schema"],
)
def test_json_that_cannot_be_read_is_told_and_changes_nothing(text: str, sentence: str) -> None:
    session = open_page("augmentation", transforms="assignment", pictures="Take away")
    old = laid_augmentation(session)
    bring(session, text)
    (told,) = session.error
    assert sentence in told.value
    assert "still the one before" in told.value
    assert not session.exception
    assert laid_augmentation(session) == old
    shown(session.segmented_control("pictures").set_value("Samples").run())
    assert pixels(session) == pixels(open_page("augmentation", transforms="assignment"))


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    session = open_page("augmentation", transforms="none", pictures="Take away")
    brought = AugmentationSpec(name="mine", transforms=(ColorJitter(p=0.1),))
    upload(session, b"\xef\xbb\xbf" + brought.to_json().encode())
    assert laid_augmentation(session) == brought


def test_the_same_mixer_twice_is_refused_in_a_sentence() -> None:
    session = open_page("augmentation", transforms="none", pictures="Take away")
    bring(session, '{"batch": [{"type": "mixup"}, {"type": "mixup"}]}')
    (told,) = session.error
    assert as_read(told.value).startswith("The augmentation: batch holds mixup twice: each mixer may be there once.")


def test_no_text_at_all_is_told_so() -> None:
    session = open_page("augmentation", transforms="assignment", pictures="Take away")
    bring(session, "  ")
    (told,) = session.error
    assert as_read(told.value).startswith("There is no text: paste an augmentation's JSON, or choose its file.")


def test_what_is_brought_began_with_what_it_names_or_with_nothing() -> None:
    session = open_page("augmentation", transforms="assignment", pictures="Take away")
    bring(session, AugmentationSpec(name="mine", transforms=(ColorJitter(),)).to_json())
    assert session.selectbox("augmentation").value == "none"
    bring(session, AugmentationSpec(name="best", transforms=(ColorJitter(),)).to_json())
    assert session.selectbox("augmentation").value == "best"
