"""Fields of a RunConfig by their names: `lr`, `label_smoothing`, `architecture.nodes[2].out_channels`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from cifar_core.architecture.editing.widths import scaled
from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.training import TrainingSpec

WIDTH_SCALE = "width_scale"
"""No field: the factor by which all widths of the network are multiplied, before its fields are set."""
SHORT_NAMES = {"lr": "training.optimizer.learning_rate"}
_NO_SETTINGS = ("schema_version", "recipe")
_SPECS = ("architecture", "augmentation", "training")
_PART = re.compile(r"(\w+)((?:\[\d+\])*)")


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
    return RunConfig.parse(data)


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
    """A value as it is typed: JSON (0.1, true, null, "a", {"kind": "adamw"}), and where it is none the word itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def field_path(name: str) -> tuple[str | int, ...]:
    """Where a field stands in a RunConfig: "lr" is ("training", "optimizer", "learning_rate").

    Raises:
        SpecError: it is no name of a field; whether there is such a field is not asked.
    """
    return (WIDTH_SCALE,) if name == WIDTH_SCALE else tuple(_path(name))


def _factor(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 16:
        raise SpecError(f"{WIDTH_SCALE} is {value!r}: it must be a number above 0 and at most 16.")
    return float(value)


def _put(data: dict[str, Any], name: str, value: object) -> None:
    path = _path(name)
    if path[-1] in _NO_SETTINGS:
        raise SpecError(f"{name!r} cannot be set: it only says what the other fields were made from.")
    place: Any = data
    for at, part in enumerate(path):
        known = range(len(place)) if isinstance(place, list | tuple) else place if isinstance(place, dict) else ()
        if part not in known:
            raise SpecError(f"There is no field {name!r}: {_there(place, path[:at])}.")
        if at < len(path) - 1:
            if isinstance(place[part], tuple):
                place[part] = list(place[part])
            place = place[part]
    place[path[-1]] = value


def _path(name: str) -> list[str | int]:
    full = SHORT_NAMES.get(name, name)
    if full.partition(".")[0].partition("[")[0] in TrainingSpec.model_fields:
        full = f"training.{full}"
    path: list[str | int] = []
    for part in full.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise SpecError(
                f"{name!r} is no field: a name is like lr, optimizer.momentum or architecture.nodes[0].dilation."
            )
        path += [found[1], *map(int, re.findall(r"\d+", found[2]))]
    if len(path) < 2 or path[0] not in _SPECS:
        raise SpecError(
            f"There is no field {name!r}: it must be {WIDTH_SCALE}, {', '.join(SHORT_NAMES)}, a field of the training "
            f"(epochs, label_smoothing, optimizer.momentum), or begin with {', '.join(f'{spec}.' for spec in _SPECS)}."
        )
    return path


def _there(place: object, path: list[str | int]) -> str:
    """What there is at a place where something else was looked for."""
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    if isinstance(place, dict):
        return f"{where} has {', '.join(place)}"
    if isinstance(place, list | tuple):
        return f"{where} has {len(place)} places, counted from 0"
    return f"{where} is a single value"
