"""The units in which a person reads what a transform draws."""

from __future__ import annotations

from typing import Literal

Unit = Literal["px", "degrees", "factor", "levels", "share", "bits", "number"]


def written(value: float, unit: Unit) -> str:
    """-7.2 degrees as "-7°"; a factor of 1.049 as "5 %", by which it changes what it multiplies."""
    match unit:
        case "px":
            return f"{_short(value, 1)} px"
        case "degrees":
            return f"{round(value)}°"
        case "factor":
            return f"{round(100 * (value - 1))} %"
        case "levels":
            return f"{round(value)} levels"
        case "share":
            return f"{round(100 * value)} %"
        case "bits":
            return f"{round(value)} bits"
        case "number":
            return _short(value, 2)


def written_range(limits: tuple[float, float], unit: Unit) -> str:
    """-15 to 15 degrees as "-15° to 15°"; a range of one value as that value."""
    low, high = (written(limit, unit) for limit in limits)
    return low if low == high else f"{low} to {high}"


def _short(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:g}"  # adding makes -0 to 0
