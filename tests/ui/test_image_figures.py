from __future__ import annotations

import numpy as np
import pytest

from cifar_core.ui.colors import NEUTRAL, RIGHT, WRONG
from cifar_core.ui.figures.confusion import confusion_figure
from cifar_core.ui.figures.overlay import overlay_figure
from cifar_core.ui.figures.probabilities import probability_figure

NAMES = ("0", "1", "2")
SHARES = np.array([0.2, 0.7, 0.1], dtype=np.float32)
IMAGE = np.zeros((32, 32, 3), dtype=np.uint8)


def test_one_network_has_its_right_and_wrong_answer_coloured() -> None:
    (bars,) = probability_figure([("run", SHARES)], NAMES, true_class=2).data
    np.testing.assert_allclose(bars.x, SHARES)
    assert list(bars.y) == ["0", "1", "<b>2 (true)</b>"]
    assert list(bars.text) == ["20.0 %", "70.0 %", "10.0 %"]
    assert list(bars.marker.color) == [NEUTRAL, WRONG, RIGHT]


def test_names_that_are_digits_are_no_numbers() -> None:
    assert probability_figure([("run", SHARES)], NAMES).layout.yaxis.type == "category"


def test_several_networks_stand_side_by_side() -> None:
    figure = probability_figure([("first", SHARES), ("second", SHARES[::-1])], NAMES)
    assert [bars.name for bars in figure.data] == ["first", "second"]
    assert len({bars.marker.color for bars in figure.data}) == 2
    assert figure.layout.showlegend


@pytest.mark.parametrize(("heat", "low"), [(np.array([[0.0, 0.5]]), 0.0), (np.array([[-0.2, 0.5]]), -0.5)])
def test_colours_begin_at_nothing(heat: np.ndarray, low: float) -> None:
    cells = overlay_figure(IMAGE, heat.astype(np.float32), "unit").data[-1]
    assert (cells.zmin, cells.zmax) == (low, 0.5)
    # Whatever the range, the colour of 0 is transparent.
    at_zero = [shade for place, shade in cells.colorscale if place == (0 - low) / (0.5 - low)]
    assert all(shade.endswith(", 0.0)") for shade in at_zero)


def test_cells_lie_where_they_are_said_to() -> None:
    cells = overlay_figure(IMAGE, np.ones((4, 4), dtype=np.float32), "unit", first=-2.5, step=8).data[-1]
    assert (cells.x0, cells.dx, cells.y0, cells.dy) == (-2.5, 8, -2.5, 8)


@pytest.mark.parametrize(
    ("chosen", "frame"),
    [((1, 2), (1.5, 2.5, 0.5, 1.5)), ((1, None), (-0.5, 2.5, 0.5, 1.5)), ((None, 0), (-0.5, 0.5, -0.5, 2.5))],
)
def test_what_is_chosen_is_framed(
    chosen: tuple[int | None, int | None], frame: tuple[float, float, float, float]
) -> None:
    (shape,) = confusion_figure(np.eye(3, dtype=np.int64), NAMES, "counts", "#000", chosen).layout.shapes
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == frame
