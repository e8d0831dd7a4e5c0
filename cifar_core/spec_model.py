"""The base of every spec: frozen, strict about unknown fields, and able to say in one sentence what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from cifar_core.errors import SpecError

MAX_SENTENCE_VALUE = 60
"""Characters of an offending value that an error sentence quotes."""
_JSON_WORDS = {None: "null", True: "true", False: "false"}


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
            data = _from_json(data, cls.__name__)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise SpecError(validation_sentence(cls.__name__, data, error)) from None

    @classmethod
    def parse_typed(cls, data: object) -> Self:
        """As `parse`, of what a person set in other ways than as JSON: the sentence does not name the model.

        Raises:
            SpecError: as `parse`.
        """
        try:
            return cls.parse(data)
        except SpecError as error:
            raise SpecError(str(error).removeprefix(f"{cls.__name__}: ")) from None

    def to_json(self) -> str:
        """This spec as indented JSON text, which `parse` reads back to an equal spec."""
        return self.model_dump_json(indent=2)

    def changed(self, **fields: Any) -> Self:
        """A validated copy with some fields replaced.

        Raises:
            SpecError: as `parse`.
        """
        return self.parse({**self.model_dump(), **fields})


def _from_json(text: str | bytes, what: str) -> object:
    try:
        # Some editors mark the beginning of a text.
        return json.loads((text if isinstance(text, str) else text.decode()).removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        problem = f"this is not JSON ({error})"
    except UnicodeDecodeError:
        problem = "this is not JSON (it is no text in UTF-8)"
    except ValueError:  # thousands of digits, which Python refuses in words of its own
        problem = "this is not JSON that can be read (a number in it is too long)"
    except RecursionError:
        problem = "this is not JSON that can be read (it is nested too deeply)"
    raise SpecError(f"{what}: {problem}.")


def validation_sentence(what: str, data: object, error: ValidationError) -> str:
    """The first problem of a pydantic error as one sentence: field, value, what was allowed.

    Args:
        what: the model's name.
        data: what was validated; it tells fields from pydantic's names for the members of a union.
        error: of the validation.
    """
    paths = [_field_path(problem["loc"], data, problem["type"]) for problem in error.errors()]
    path = paths[0]
    # Of a field that may be a word or a list, a given list was meant as one: the place inside it is what is wrong.
    path = next((other for other in paths if other.startswith((f"{path}[", f"{path}."))), path)
    same = [problem for problem, other in zip(error.errors(include_url=False), paths, strict=True) if other == path]
    first = same[0]
    where = f"{what}: {path}" if path else what
    if first["type"] == "value_error" and isinstance(first["input"], dict):
        # Raised by a whole-model check, whose own sentence already names the field and value.
        sentence = f"{where}: {_message(first)}"
    elif first["type"] == "extra_forbidden":
        sentence = f"{what}: there is no field {path}"
    elif first["type"] == "missing":
        sentence = f"{what}: the field {path} is missing"
    elif first["type"] == "union_tag_not_found":
        sentence = f"{where} lacks the field {first['ctx']['discriminator']}, which says what it is"
    elif first["type"] == "union_tag_invalid":
        tag, found = first["ctx"]["discriminator"].strip("'_()"), shown_value(first["ctx"]["tag"])
        sentence = f"{where}.{tag} is {found}: it must be one of {first['ctx']['expected_tags']}"
    elif first["type"] in ("model_type", "model_attributes_type"):
        sentence = f"{where} is {shown_value(first['input'])}: it must be an object with fields"
    else:
        # A field that may be a number or a word has one problem for each: all that was allowed is told.
        allowed = " or ".join(dict.fromkeys(_message(problem) for problem in same))
        sentence = f"{where} is {shown_value(first['input'])}: {allowed}"
    more = sum(not path.startswith(other) for other in paths)
    return " ".join(f"{sentence.rstrip('.')}{f' (and {more} more)' if more else ''}.".split())


def _message(problem: ErrorDetails) -> str:
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    message = message.partition(", unable to parse")[0].replace("a valid tuple", "a list")
    message = message.replace("String should have", "it must have")
    message = re.sub(r"[Tt]uple should have (at \w+ \d+ items?) after validation.*", r"it must hold \1", message)
    return message[0].lower() + message[1:]


def shown_value(value: object) -> str:
    """A value as a sentence quotes it: JSON's words for what Python names otherwise, and long ones cut."""
    text = _JSON_WORDS[value] if value is None or isinstance(value, bool) else repr(value)
    if len(text) <= MAX_SENTENCE_VALUE:
        return text
    end = f"...{text[-1]}" if isinstance(value, str) else "..."
    return text[: MAX_SENTENCE_VALUE - len(end)] + end


def _field_path(location: tuple[int | str, ...], data: object, problem_type: str) -> str:
    """`nodes[0].groups`: the place in the data."""
    path, here = "", data
    for position, part in enumerate(location):
        if isinstance(part, int):
            if isinstance(here, list | tuple):  # else a single number that stands for a range
                path += f"[{part}]"
                here = here[part] if part < len(here) else None
        elif isinstance(here, dict) and part in here:
            path += f".{part}" if path else part
            here = here[part]
        elif problem_type == "missing" and position == len(location) - 1:
            path += f".{part}" if path else part
        # Else it names a member of a union ("conv", "literal['same']"), and no field of the data.
    return path if len(path) <= MAX_SENTENCE_VALUE else path[: MAX_SENTENCE_VALUE - 3] + "..."
