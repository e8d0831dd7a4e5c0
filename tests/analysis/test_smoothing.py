from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifar_core.analysis.smoothing import MAX_WEIGHT, smoothed
from cifar_core.errors import SpecError

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=30)
WEIGHTS = st.floats(0.0, MAX_WEIGHT)


@given(VALUES, WEIGHTS)
def test_it_is_the_weighted_mean_of_all_values_so_far(values: list[float], weight: float) -> None:
    """Pandas divides by the sum of the weights, which is the same correction."""
    expected = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean()
    assert smoothed(values, weight) == pytest.approx(expected.tolist(), abs=1e-6)


@given(st.floats(-100, 100), WEIGHTS)
def test_a_level_line_stays_level_from_its_first_point_on(value: float, weight: float) -> None:
    assert smoothed([value] * 5, weight) == pytest.approx([value] * 5)


def test_no_smoothing_leaves_every_value() -> None:
    assert smoothed([0.25, 0.5, 0.125], 0) == [0.25, 0.5, 0.125]
    assert smoothed([], 0.5) == []


def test_what_is_no_number_is_passed_on_and_counts_for_nothing() -> None:
    first, gap, second = smoothed([1.0, math.nan, 3.0], 0.5)
    assert math.isnan(gap)
    assert [first, second] == pytest.approx(smoothed([1.0, 3.0], 0.5))


@pytest.mark.parametrize("weight", [-0.1, 1.0, math.nan])
def test_a_weight_out_of_range_is_refused(weight: float) -> None:
    with pytest.raises(SpecError, match=r"between 0 and 0\.99"):
        smoothed([1.0], weight)
