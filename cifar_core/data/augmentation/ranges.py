"""A range from which an amount is drawn."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import AfterValidator, BeforeValidator

Number = TypeVar("Number", int, float)
Range = tuple[Number, Number]
"""Least and largest, both included."""


def _as_range(value: Any) -> Any:
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _require_ordered(value: tuple[Any, Any]) -> tuple[Any, Any]:
    if value[0] > value[1]:
        raise ValueError("the least must not be above the largest")
    return value


AS_RANGE = BeforeValidator(_as_range)
"""Reads a single number as the range that holds it alone; version 1 of the specs knew nothing else."""
ORDERED = AfterValidator(_require_ordered)
"""Refuses an inverted range."""
