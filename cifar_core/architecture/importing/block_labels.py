"""Cutting an imported network into blocks C1, C2, ..."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from cifar_core.architecture.importing.parts import ConvPart, JoinPart, Part, convolutions

BLOCKS_QUESTION = "How are the layers cut into blocks?"
BLOCK_CUTS = {
    "names": "by the top-level names (what is called trans..., down... or the like belongs to the block before it)",
    "strides": "after every convolution with a stride above 1",
    "none": "no labels",
}
_MAX_NAMED_BLOCKS = 8
_TRANSITION = re.compile(r"(trans|down|tb|reduc|stride|pool|squeeze)", re.IGNORECASE)


def usual_cut(parts: Sequence[Part]) -> str:
    """The cut that fits best: by names where they gather several convolutions, else by strides, else by names."""
    main = _main_convolutions(parts)
    units = Counter(_units(main))
    by_names = 1 < max(_named(_units(main)), default=0) <= _MAX_NAMED_BLOCKS
    if by_names and sum(count > 1 for count in units.values()) > 1:
        return "names"
    if any(conv.stride > 1 for conv in main):
        return "strides"
    return "names" if by_names and not all(unit.isdecimal() for unit in units) else "none"


def block_labels(parts: Sequence[Part], cut: str) -> dict[str, str]:
    """The label of each convolution on the main paths, by its name; those on a shortcut have their join's.

    Args:
        parts: of the whole network.
        cut: one of `BLOCK_CUTS`.
    """
    main = _main_convolutions(parts)
    if cut == "names":
        numbers = _named(_units(main))
    elif cut == "strides":
        numbers = _strided(main)
    else:
        return {}
    return {conv.source.name: f"C{number}" for conv, number in zip(main, numbers, strict=True)}


def _main_convolutions(parts: Sequence[Part]) -> list[ConvPart]:
    found: list[ConvPart] = []
    for part in parts:
        if isinstance(part, ConvPart):
            found.append(part)
        elif isinstance(part, JoinPart):
            found += _main_convolutions(part.main)
    return found


def _units(convs: Sequence[ConvPart]) -> list[str]:
    """The outermost names that tell the convolutions apart: "features" around everything does not count."""
    paths = [conv.source.name.split(".") for conv in convs]
    while len(paths) > 1 and all(len(path) > 1 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    return [path[0] for path in paths]


def _named(units: Sequence[str]) -> list[int]:
    """A number for each: it rises where the name changes, unless to that of a transition."""
    number, numbers = 1, [1] if units else []
    entered = bool(units) and not _TRANSITION.match(units[0])
    for before, unit in pairwise(units):
        if unit != before and not _TRANSITION.match(unit):
            number += entered
            entered = True
        numbers.append(number)
    return numbers


def _strided(convs: Sequence[ConvPart]) -> list[int]:
    numbers: list[int] = []
    number, ended, was_depthwise = 1, False, False
    for conv in convs:
        # The 1x1 right after a strided depthwise convolution completes it.
        if ended and not (conv.kernel_size == 1 and conv.stride == 1 and was_depthwise):
            number, ended = number + 1, False
        numbers.append(number)
        was_depthwise = conv.groups > 1 and conv.groups == conv.in_channels
        ended = ended or conv.stride > 1
    return numbers


def last_label(parts: Sequence[Part], labels: dict[str, str]) -> str:
    """The label of the last labelled convolution among some parts; "" if there is none."""
    found = [labels[conv.source.name] for conv in convolutions(parts) if conv.source.name in labels]
    return found[-1] if found else ""
