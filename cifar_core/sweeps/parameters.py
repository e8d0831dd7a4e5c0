"""What a sweep varies: a field of the run, and the values that it may take."""

from __future__ import annotations

import json
import re
import sys
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cifar_core.errors import SpecError
from cifar_core.runs.fields import parse_value
from cifar_core.spec_model import SpecModel, shown_value

MAX_VALUES = 50
FieldName = Annotated[str, Field(min_length=1, max_length=120)]
"""As `with_fields` reads it: "lr", "width_scale", "architecture.nodes[2].dilation"."""


class Span(SpecModel):
    """Any number between two."""

    kind: Literal["span"] = "span"
    name: FieldName
    low: float
    high: float
    log: bool = False
    """Whether each tenfold is as likely as the next, rather than each step of the same size."""
    whole: bool = False
    """Whether only whole numbers count."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"{self.name} goes from {self.low:g} to {self.high:g}: the first must be the smaller one")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.name} begins at {self.low:g}: by orders of magnitude it must begin above 0")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"{self.name} goes from {self.low:g} to {self.high:g}: whole numbers have whole limits")
        return self

    @property
    def extremes(self) -> tuple[object, ...]:
        """The values that bound all others."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    @property
    def probes(self) -> tuple[object, ...]:
        """Values that must be allowed, so that all are: the extremes, and of real numbers one between."""
        return self.extremes if self.whole else (*self.extremes, self.fraction)

    @property
    def fraction(self) -> float:
        """A value between the extremes that is no whole number."""
        return self.low + (self.high - self.low) * 0.3719

    @property
    def words(self) -> str:
        """The values as a person types them."""
        ends = "..".join(f"{end:d}" if isinstance(end, int) else f"{end:g}" for end in self.extremes)
        return f"{ends}:log" if self.log else ends


class Choice(SpecModel):
    """One of several values."""

    kind: Literal["choice"] = "choice"
    name: FieldName
    values: Annotated[tuple[Any, ...], Field(min_length=2, max_length=MAX_VALUES)]
    """JSON values: numbers, words, null, objects that take the place of a whole field."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        told = [json.dumps(_as_one_kind(value), sort_keys=True) for value in self.values]
        if len(set(told)) < len(told):
            raise ValueError(f"{self.name} has a value twice: each may be there once")
        return self

    @property
    def probes(self) -> tuple[object, ...]:
        """All of them: none lies between others."""
        return self.values

    @property
    def words(self) -> str:
        """The values as a person types them."""
        if any(isinstance(value, dict | list) for value in self.values):
            return json.dumps(self.values)
        return ",".join(value if isinstance(value, str) else json.dumps(value) for value in self.values)


def _as_one_kind(value: object) -> object:
    """1 and 1.0 alike: a run that has one of them has the other."""
    if isinstance(value, dict):
        return {key: _as_one_kind(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_one_kind(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Parameter = Annotated[Span | Choice, Field(discriminator="kind")]


def parse_parameter(text: str) -> Span | Choice:
    """Reads "lr=1e-3..1e-1:log", "epochs=4..12" or "width_scale=0.5,0.75,1".

    Two whole numbers bound whole numbers. Values that are objects, or hold commas, are written as a JSON list.

    Raises:
        SpecError: it is none of these.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    if not (equals and name):
        raise SpecError(
            f"{text!r} is no parameter: it must be like lr=1e-3..1e-1:log, epochs=4..12 or width_scale=0.5,0.75,1."
        )
    if not values:
        raise SpecError(f"{name} is without values: {_FORMS}.")
    like_a_range = _OTHER_RANGE.fullmatch(values)
    if like_a_range is not None:
        low, high, scale = like_a_range.groups(default="")
        told = f"{float(low):g}..{float(high):g}{scale}"
        raise SpecError(f"{name} is {shown_value(values)}: a range has two dots, {told}.")
    low, dots, rest = values.partition("..")
    if dots and not values.startswith("["):
        high, colon, scale = rest.partition(":")
        ends = [parse_value(end.strip()) for end in (low, high)]
        if (colon and scale.strip() != "log") or not all(map(_is_finite, ends)):
            raise SpecError(f"{name} is {shown_value(values)}: {_FORMS}.")
        whole = all(isinstance(end, int) for end in ends)
        return Span.parse_typed({"name": name, "low": ends[0], "high": ends[1], "log": bool(colon), "whole": whole})
    listed = (
        parse_value(values) if values.startswith("[") else [parse_value(part.strip()) for part in values.split(",")]
    )
    if not isinstance(listed, list) or "" in listed or not listed:
        raise SpecError(f"{name} is {shown_value(values)}: {_FORMS}.")
    if len(listed) < 2:
        raise SpecError(f"{name} is {shown_value(values)} alone, so that nothing varies: {_FORMS}.")
    return Choice.parse_typed({"name": name, "values": listed})


_FORMS = "it must be a range, 0.01..0.3 or 0.01..0.3:log, or a list of two values or more, 0.5,0.75,1"
_NUMBER = r"((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
_OTHER_RANGE = re.compile(rf"{_NUMBER}\s*(?:-|\u2013|\u2014|:|;|\u2026|\.{{3,}}|to|\s)\s*{_NUMBER}(:log)?")
"""A range as it is written elsewhere."""


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max
