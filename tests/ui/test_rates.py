from __future__ import annotations

import math

import pytest

from cifar_core.ui.figures.rates import range_figure, rate_figure


def test_rates_are_drawn_from_zero_over_the_epochs() -> None:
    figure = rate_figure([0.0, 4.0, 8.0], [0.1, 0.3, 0.0])
    (line,) = figure.data
    assert list(line.x) == [0.0, 4.0, 8.0]
    assert list(line.y) == [0.1, 0.3, 0.0]
    assert figure.layout.yaxis.rangemode == "tozero"
    assert figure.layout.xaxis.title.text == "epoch"


def test_losses_are_drawn_over_a_logarithmic_rate_with_the_suggestion_marked() -> None:
    figure = range_figure([0.001, 0.01, 0.1], [2.3, 2.0, 1.5], suggested=0.0123456)
    (line,) = figure.data
    assert list(zip(line.x, line.y, strict=True)) == [(0.001, 2.3), (0.01, 2.0), (0.1, 1.5)]
    assert figure.layout.xaxis.type == "log"
    (mark,) = figure.layout.shapes
    (label,) = figure.layout.annotations
    assert (mark.x0, mark.x1, label.text) == (0.0123456, 0.0123456, "0.012")


def test_the_suggestions_label_stands_at_its_rate() -> None:
    """Along a logarithmic axis Plotly places a shape by its value and a text by the logarithm of it."""
    (label,) = range_figure([0.001, 0.01, 0.1], [2.3, 2.0, 1.5], suggested=0.01).layout.annotations
    assert label.x == pytest.approx(math.log10(0.01))


def test_where_nothing_is_suggested_nothing_is_marked() -> None:
    figure = range_figure([0.001, 0.01], [2.3, 2.3])
    assert not figure.layout.shapes
    assert not figure.layout.annotations


@pytest.mark.parametrize("last", [4.0, 1e6, 1e30])
def test_an_exploded_loss_does_not_press_the_rest_flat(last: float) -> None:
    losses = [2.3, 2.3, 2.2, 1.9, 1.5, 1.6, last]
    low, high = range_figure([10.0**at for at in range(-6, 1)], losses).layout.yaxis.range
    assert low < min(losses)
    assert 2.3 < high < 4
    assert (2.3 - 1.5) / (high - low) > 0.3


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_first_points_can_be_drawn(number: int) -> None:
    low, high = range_figure([0.001, 0.002, 0.003][:number], [2.3, 2.3, 2.3][:number]).layout.yaxis.range
    assert low < 2.3 < high
