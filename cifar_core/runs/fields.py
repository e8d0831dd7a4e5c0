"""Fields of a RunConfig by their names: `lr`, `label_smoothing`, `architecture.nodes[2].out_channels`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from cifar_core.architecture.editing.widths import scaled
from cifar_core.architecture.nodes import Conv
from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.spec_model import shown_value
from cifar_core.training import TrainingSpec
from cifar_core.training.spec import AdamW, CosineSchedule, OneCycleSchedule, Sgd

WIDTH_SCALE = "width_scale"
"""No field: the factor by which all widths of the network are multiplied, before its fields are set."""
MIN_FACTOR, MAX_FACTOR = 1 / 16, 16
"""Of the widths."""
SHORT_NAMES = {"lr": "training.optimizer.learning_rate"}
_NO_SETTINGS = ("schema_version", "recipe")
_SPECS = ("architecture", "augmentation", "training")
LIKENESS, MIN_BEGINNING = 0.76, 4
"""Of a name to what was meant by it, and how many characters may stand for all: "foo" is not meant for "floor"."""
_NESTED = {
    **{field: f"architecture.nodes[0].{field}" for field in Conv.model_fields},
    **{field: f"schedule.{field}" for kind in (CosineSchedule, OneCycleSchedule) for field in kind.model_fields},
    **{field: f"optimizer.{field}" for kind in (AdamW, Sgd) for field in kind.model_fields},
}
"""Paths of fields inside a field, by their last part."""
_DECIMAL = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
"""As a person may write a number, and JSON does not: .1, 1., +1. Not 05, which stands behind a decimal comma."""
_PART = re.compile(r"(\w+)((?:\[\d{1,6}\])*)")


def with_fields(config: RunConfig, values: Mapping[str, object]) -> RunConfig:
    """A run with some fields set.

    Args:
        config: the run.
        values: by name: `width_scale`, `lr`, a path into the TrainingSpec ("epochs", "optimizer.momentum"), or one that
            begins with the spec ("augmentation.transforms[0].p"). An object takes the place of the whole field.

    Raises:
        SpecError: there is no such field, or the value is not allowed.
    """
    data = config.model_dump()
    if WIDTH_SCALE in values:
        data["architecture"] = scaled(config.architecture, _factor(values[WIDTH_SCALE])).model_dump()
    for name, value in values.items():
        if name != WIDTH_SCALE:
            _put(data, name, value)
    changed = RunConfig.parse_typed(data)
    dumped = changed.model_dump()
    for name, value in values.items():
        if name != WIDTH_SCALE:
            _refuse_bent(name, value, _at(dumped, _path(name)))
    return changed


def read_assignments(texts: Sequence[str], options: Mapping[str, str] | None = None) -> dict[str, object]:
    """Reads several of "lr=0.1", for `with_fields`.

    Args:
        texts: as for `parse_assignment`.
        options: what else sets fields of the run, as a sentence names it, by the name of the field.

    Raises:
        SpecError: one is no NAME=VALUE, or two ways set the same field.
    """
    there, values = dict(options or {}), {}
    for name, value in map(parse_assignment, texts):
        rival = next((told for other, told in there.items() if overlap(name, other)), None)
        if rival is not None:
            raise SpecError(f"--set {name} and {rival} set the same field: leave one of them out.")
        there[name], values[name] = f"--set {name}", value
    return values


def overlap(one: str, other: str) -> bool:
    """Whether two names are of the same field, or of a field and a part of it.

    Raises:
        SpecError: as `field_path`.
    """
    shorter, longer = sorted((field_path(one), field_path(other)), key=len)
    return longer[: len(shorter)] == shorter


def parse_assignment(text: str) -> tuple[str, object]:
    """Reads "lr=0.1" as a name and a value: JSON, and where it is none the word itself.

    Raises:
        SpecError: it is no NAME=VALUE.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise SpecError(f"{text!r} sets nothing: it must be NAME=VALUE, as in lr=0.1 or label_smoothing=0.")
    return name.strip(), parse_value(value.strip())


def parse_value(text: str) -> object:
    """A value as it is typed: JSON (0.1, true, null, "a", {"kind": "adamw"}), and where it is none the word itself.

    "none" is null, as pages show it; a name that is to be "none" is written with quotes.
    """
    if text == "none":
        return None
    is_number = _DECIMAL.fullmatch(text) is not None
    try:
        return json.loads(text.removeprefix("+") if is_number else text)
    except (ValueError, RecursionError):
        return float(text) if is_number else text


def field_path(name: str) -> tuple[str | int, ...]:
    """Where a field stands in a RunConfig: "lr" is ("training", "optimizer", "learning_rate").

    Raises:
        SpecError: it is no name of a field; whether there is such a field is not asked.
    """
    return (WIDTH_SCALE,) if name == WIDTH_SCALE else tuple(_path(name))


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_FACTOR <= value <= MAX_FACTOR:
        raise SpecError(
            f"{WIDTH_SCALE} is {shown_value(value)}: it must be a number from {MIN_FACTOR:g} to {MAX_FACTOR}."
        )
    return float(value)


def _put(data: dict[str, Any], name: str, value: object) -> None:
    path = _path(name)
    if path[-1] in _NO_SETTINGS:
        raise SpecError(f"{name!r} cannot be set: it only says what the other fields were made from.")
    place: Any = data
    for at, part in enumerate(path):
        known = range(len(place)) if isinstance(place, list | tuple) else place if isinstance(place, dict) else ()
        if part not in known:
            raise SpecError(f"There is no field {name!r}: {_there(place, path[:at], str(part))}.")
        if at < len(path) - 1:
            if isinstance(place[part], tuple):
                place[part] = list(place[part])
            place = place[part]
    _refuse_another_kind(name, path, place[path[-1]], value)
    place[path[-1]] = value


def _at(data: Any, path: Sequence[str | int]) -> object:
    for part in path:
        data = data[part]
    return data


def _refuse_another_kind(name: str, path: list[str | int], present: object, value: object) -> None:
    if _says_which_fields(path) and value != present:
        whole, kind = name.rpartition(".")[0], json.dumps({path[-1]: value})
        raise SpecError(
            f"{name} is {shown_value(present)}, and another kind has other fields: set the whole of it, as in "
            f"{whole}={kind[:-1]}, ...}}."
        )


def _refuse_bent(name: str, given: object, kept: object) -> None:
    """Refuses what pydantic bends into shape: a number for yes or no, the other way round, or a number in quotes.

    Args:
        name: of the field.
        given: its value, or a part of it.
        kept: what became of it.
    """
    if isinstance(given, dict) and isinstance(kept, dict):
        for key in given.keys() & kept.keys():
            _refuse_bent(f"{name}.{key}", given[key], kept[key])
    elif isinstance(given, list | tuple) and isinstance(kept, list | tuple):
        for at, (part, became) in enumerate(zip(given, kept, strict=False)):
            _refuse_bent(f"{name}[{at}]", part, became)
    elif isinstance(kept, bool) and not isinstance(given, bool):
        raise SpecError(f"{name} is {shown_value(given)}: it must be true or false.")
    elif isinstance(kept, int | float) and isinstance(given, bool | str) and not isinstance(kept, bool):
        raise SpecError(f"{name} is {shown_value(given)}: it must be a number.")


def _path(name: str) -> list[str | int]:
    full = SHORT_NAMES.get(name, name)
    if full.partition(".")[0].partition("[")[0] in TrainingSpec.model_fields:
        full = f"training.{full}"
    path: list[str | int] = []
    for part in full.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise SpecError(
                f"{name!r} is no field: "
                + (_meant(name) or "a name is like lr, optimizer.momentum or architecture.nodes[0].dilation.")
            )
        path += [found[1], *map(int, re.findall(r"\d+", found[2]))]
    if len(path) < 2 or path[0] not in _SPECS:
        raise SpecError(
            f"There is no field {name!r}: "
            + (
                _meant(name)
                or f"it must be {WIDTH_SCALE}, {', '.join(SHORT_NAMES)}, a field of the training "
                f"({', '.join(_known_fields())}), or a path into another spec "
                "(architecture.nodes[0].dilation, augmentation.transforms[0].p)."
            )
        )
    return path


def _known_fields() -> list[str]:
    return [field for field in TrainingSpec.model_fields if field not in _NO_SETTINGS]


def _meant(name: str) -> str:
    """The end of a sentence: which name is most like one that there is not, or begins with it; empty if none is."""
    short = {known: known for known in (WIDTH_SCALE, *SHORT_NAMES, *_known_fields())}
    known, typed = {**_NESTED, **short}, name.strip().lower().replace(" ", "_")
    longer = [each for each in known if len(typed) >= MIN_BEGINNING and each.startswith(typed)]
    close = get_close_matches(typed, known, 1, LIKENESS) or longer
    return f"{known[close[0]]} may be meant." if close else ""


def _says_which_fields(path: list[str | int]) -> bool:
    """Whether a field says which other fields stand beside it."""
    return path[-1] == "type" or path in (["training", "optimizer", "kind"], ["training", "schedule", "kind"])


def _there(place: object, path: list[str | int], sought: str) -> str:
    """What there is at a place where something else was looked for."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    if isinstance(place, dict):
        deeper = next((f"{where}.{key}[0].{sought}" for key, inner in place.items() if _has_inside(inner, sought)), "")
        return f"{where} has {', '.join(place)}{f', so that it may be {deeper}' if deeper else ''}"
    if isinstance(place, list | tuple):
        return f"{where} has {len(place)} places, counted from 0"
    return f"{where} is a single value"


def _has_inside(inner: object, sought: str) -> bool:
    """Whether the first part of a branch has a field."""
    return isinstance(inner, list | tuple) and bool(inner) and isinstance(inner[0], dict) and sought in inner[0]
