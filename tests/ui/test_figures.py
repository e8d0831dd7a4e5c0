from __future__ import annotations

import numpy as np

from cifar_core.architecture import before_pooling, find_preset
from cifar_core.ui.figures.confusion import confusion_figure
from cifar_core.ui.figures.field import field_figure


def test_field_is_drawn_as_squares_of_the_layers_fields() -> None:
    spec = find_preset("seed-model-3").spec
    figure = field_figure(spec.layers, 32, 44)
    sides = [round(max(trace.x) - min(trace.x)) for trace in figure.data]
    fields = {layer.r_out for layer in before_pooling(spec.layers)} - {1}
    assert set(sides[:-2]) == fields
    assert sides[-2:] == [32, 44]


def test_every_cell_of_the_matrix_is_clickable_with_its_classes() -> None:
    matrix = np.array([[5, 1, 0], [0, 6, 0], [2, 0, 4]])
    cells = confusion_figure(matrix, ("cat", "dog", "frog"), mode="counts", text_color="#000").data[-1]
    assert [tuple(pair) for pair in cells.customdata] == [(row, column) for row in range(3) for column in range(3)]
    assert list(cells.y) == [pair[0] for pair in cells.customdata]
    assert list(cells.x) == [pair[1] for pair in cells.customdata]
    assert list(cells.text) == ["5", "1", "", "", "6", "", "2", "", "4"]


def test_shares_of_a_row_can_be_shown_instead() -> None:
    matrix = np.array([[3, 1], [0, 0]])
    cells = confusion_figure(matrix, ("cat", "dog"), mode="by row", text_color="#000").data[-1]
    assert list(cells.text) == ["75 %", "25 %", "", ""]


def test_shares_of_a_column_are_shaded_by_column() -> None:
    figure = confusion_figure(np.array([[3, 1], [1, 0]]), ("cat", "dog"), mode="by column", text_color="#000")
    assert list(figure.data[-1].text) == ["75 %", "100 %", "25 %", ""]
    assert figure.data[-1].hovertext[1] == "1 image of cat called dog (100.0 % of the column)"
