from __future__ import annotations

import re
from datetime import datetime

import pytest

from cifar_core import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (80, "1 m 20 s"), (3599.6, "1 h 00 m"), (8000, "2 h 13 m"), (None, "-")],
)
def test_durations_are_told_in_the_two_units_that_matter(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


def test_numbers_carry_separators_and_units() -> None:
    assert words.count(1605600) == "1,605,600"
    assert words.percent(0.85449) == "85.4 %"
    assert words.macs(26361600) == "26.4 M"
    assert words.moment(datetime(2026, 11, 22, 15, 10, 45)) == "2026-11-22 15:10"


def test_what_is_missing_is_a_dash() -> None:
    assert (words.count(None), words.percent(None), words.moment(None)) == ("-", "-", "-")


@pytest.mark.parametrize(
    "text",
    ["www.evil.example", "WWW.evil.example", "http://evil.example", "me@evil.example", "&copy;", "**b**", "a\nb"],
)
def test_a_persons_text_is_no_markdown(text: str) -> None:
    told = words.plain(text)
    assert not re.search(r"(?i)www\.|://|[^\u2060]@|(?<!\\)[&*]|\n", told)
    assert told.replace("\\", "").replace(words.JOINER, "") == text.replace("\n", " ")


def test_control_signs_are_taken_out() -> None:
    assert words.without_control_signs("a\x1b[31mb\x00\tc\nd\x9f") == "a[31mb\tc\nd"


def test_what_is_counted_is_one_or_many() -> None:
    assert [words.counted(number, "epoch") for number in (0, 1, 2_000)] == ["0 epochs", "1 epoch", "2,000 epochs"]
