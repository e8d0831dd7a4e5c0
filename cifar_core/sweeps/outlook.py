"""What a sweep has before it, told from a few combinations of its values before anything is trained."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from cifar_core.architecture.cost import num_macs
from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig
from cifar_core.sweeps.asking import config_of
from cifar_core.sweeps.parameters import Choice, Parameter, Span
from cifar_core.sweeps.spec import SweepSpec

DRAWN = 24
"""Combinations that are looked at, unless a space has fewer: they take a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a look at some combinations showed."""

    drawn: int
    legal: int
    """How many of them can be trained."""
    effort: float
    """Epochs x MACs of an average legal one, as multiples of the base's; 0 where none is legal."""
    why: str
    """Why one of the others cannot be trained; empty where all can."""


def look_ahead(spec: SweepSpec) -> Outlook:
    """Looks at every combination of a small space, and at some drawn at random of a large one."""
    efforts, drawn, why = [], 0, ""
    for values in _combinations(spec):
        drawn += 1
        try:
            efforts.append(_effort(config_of(spec, values)))
        except SpecError as error:
            why = str(error)
    mean = sum(efforts) / len(efforts) / _effort(spec.base) if efforts else 0.0
    return Outlook(drawn, len(efforts), mean, why)


def _effort(config: RunConfig) -> float:
    return config.training.epochs * num_macs(config.architecture.layers)


def _combinations(spec: SweepSpec) -> Iterator[dict[str, object]]:
    names = [part.name for part in spec.parameters]
    if spec.grid_size is not None and spec.grid_size <= DRAWN:
        lists = [part.values for part in spec.parameters if isinstance(part, Choice)]
        yield from (dict(zip(names, values, strict=True)) for values in product(*lists))
        return
    dice = random.Random(0)
    yield from ({part.name: _draw(part, dice) for part in spec.parameters} for _ in range(DRAWN))


def _draw(parameter: Parameter, dice: random.Random) -> object:
    if not isinstance(parameter, Span):
        return dice.choice(parameter.values)
    if parameter.log:
        value = math.exp(dice.uniform(math.log(parameter.low), math.log(parameter.high)))
        value = min(max(value, parameter.low), parameter.high)  # the exponential of a logarithm may be a bit beyond
    else:
        value = dice.uniform(parameter.low, parameter.high)
    return round(value) if parameter.whole else value
