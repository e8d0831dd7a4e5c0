from __future__ import annotations

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
