"""The base of every spec: frozen, strict about unknown fields, and able to say in one sentence what is wrong."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cifar_core.errors import SpecError

MAX_SENTENCE_VALUE = 60
"""Characters of an offending value that an error sentence quotes."""


class SpecModel(BaseModel):
    """A frozen, JSON-serialisable description. Construct from Python with keywords, from outside with `parse`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Validates outside data: a mapping, or JSON text or bytes.

        Raises:
            SpecError: with one sentence naming the field, its value and what was allowed.
        """
        if isinstance(data, str | bytes):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise SpecError(f"{cls.__name__}: this is not JSON ({error}).") from None
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise SpecError(validation_sentence(cls.__name__, error)) from None

    def to_json(self) -> str:
        """This spec as indented JSON text, which `parse` reads back to an equal spec."""
        return self.model_dump_json(indent=2)

    def changed(self, **fields: Any) -> Self:
        """A validated copy with some fields replaced.

        Raises:
            SpecError: as `parse`.
        """
        return self.parse({**self.model_dump(), **fields})


def validation_sentence(what: str, error: ValidationError) -> str:
    """The first problem of a pydantic error as one sentence: field, value, what was allowed."""
    first, *others = error.errors(include_url=False)
    path = _field_path(first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error" and isinstance(first["input"], dict):
        # Raised by a whole-model check, whose own sentence already names the field and value.
        sentence = f"{what}{' ' + path if path else ''}: {message}"
    elif first["type"] == "extra_forbidden":
        sentence = f"{what}: there is no field {path}"
    elif first["type"] == "missing":
        sentence = f"{what}: the field {path} is missing"
    else:
        shown = repr(first["input"])
        shown = shown if len(shown) <= MAX_SENTENCE_VALUE else shown[: MAX_SENTENCE_VALUE - 3] + "..."
        sentence = f"{what}: {path + ' is ' if path else ''}{shown}: {message[0].lower() + message[1:]}"
    more = f" (and {len(others)} more)" if others else ""
    return sentence.rstrip(".") + more + "."


def _field_path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
