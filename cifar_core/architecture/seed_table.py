"""The receptive-field table that the seed document prints, beside the true one of the module that it prints."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cifar_core.architecture.description import describe
from cifar_core.architecture.layer_table import COLUMNS, seed_columns
from cifar_core.architecture.presets import find_preset

_FILE = Path(__file__).with_name("seed_receptive_field.csv")
_NUMBERS = tuple(column for column in COLUMNS if column != "Operation")
Row = dict[str, int]
"""The numbers of a row by their column."""


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One row of the seed's table and what is true of that layer."""

    operation: str
    """As the seed calls it: Conv-B1."""
    layer: str
    """Its name and operation here: C1.1 conv."""
    printed: Row
    true: Row
    differing: tuple[str, ...]
    """Columns in which the two differ, in order."""
    reasons: tuple[str, ...]
    """A sentence for each thing that is wrong; empty for a right row."""


@cache
def seed_table() -> tuple[SeedRow, ...]:
    """All thirteen rows, in order."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        printed = list(csv.DictReader(file))
    true = seed_columns(describe(find_preset("seed-model-3").spec))
    return tuple(_compared(one, other) for one, other in zip(printed, true, strict=False))


def _compared(printed: dict[str, str], true: dict[str, int | str]) -> SeedRow:
    said = {column: int(printed[column]) for column in _NUMBERS}
    is_so = {column: int(true[column]) for column in _NUMBERS}
    differing = tuple(column for column in _NUMBERS if said[column] != is_so[column])
    return SeedRow(printed["Operation"], str(true["Operation"]), said, is_so, differing, tuple(_reasons(said, is_so)))


def _reasons(said: Row, true: Row) -> list[str]:
    reasons = []
    if said["kernel"] != true["kernel"]:
        side = true["kernel"]
        reasons.append(f"The module has a {side}x{side} here, not a {said['kernel']}x{said['kernel']}.")
    if said["padding"] != true["padding"]:
        reasons.append(f"It pads {true['padding']}, not {said['padding']}.")
    channels = ("Channels", "Output_Channels")
    if any(said[column] != true[column] for column in channels):
        is_so, not_so = (" to ".join(str(row[column]) for column in channels) for row in (true, said))
        reasons.append(f"Its channels go {is_so}, not {not_so}.")
    if said["jout"] != said["jin"] * said["stride"]:
        reasons.append(
            f"Its dilation is taken for a stride: only strides widen the jump, which stays {true['jout']} and does not "
            f"become {said['jout']}."
        )
    elif said["jin"] != true["jin"]:
        reasons.append(
            f"It goes on with a jump of {said['jin']} where {true['jin']} is right: the field grows too fast."
        )
    return reasons
