"""Smoothing of a curve, as TensorBoard's slider does it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cifar_core.errors import SpecError

MAX_WEIGHT = 0.99


def smoothed(values: Iterable[float], weight: float) -> list[float]:
    """An exponential moving average without the pull towards its start at 0.

    m_t = weight * m_(t-1) + (1 - weight) * v_t with m_0 = 0, shown as m_t / (1 - weight^t): the division is the bias
    correction of Adam (Kingma, Ba 2015, section 3), and the whole what TensorBoard draws (`resmoothDataset` in its
    `vz_line_chart2/line-chart.ts`). As there, a value that is no number is passed on and counts for nothing.

    Args:
        values: of a curve, in order.
        weight: share of the average that is kept from value to value, in 0..0.99; 0 leaves the curve as it is.

    Raises:
        SpecError: if the weight is outside that range.
    """
    if not 0 <= weight <= MAX_WEIGHT:
        raise SpecError(f"The smoothing is {weight}: it must lie between 0 and {MAX_WEIGHT}.")
    average, remaining, shown = 0.0, 1.0, []
    for value in values:
        if math.isfinite(value):
            average = weight * average + (1 - weight) * value
            remaining *= weight
            value = average / (1 - remaining)
        shown.append(value)
    return shown
