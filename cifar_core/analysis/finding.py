"""Finding: one computed sentence about a run; and what luck alone explains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

FindingKind = Literal["milestones", "gap", "dip", "plateau", "end", "parent", "setting", "seed"]

BY_LUCK = 0.05
"""Share of the comparisons without any true difference in which luck alone shows one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence and what it rests on."""

    kind: FindingKind
    sentence: str
    numbers: Mapping[str, float | int | str]
    """By what they are; accuracies in 0..1."""


def standard_errors(comparisons: int = 1) -> float:
    """How many standard errors luck alone explains; 1.96 for one comparison, more for the largest of several.

    Two-sided at 5 %, shared among the comparisons (Bonferroni).

    Args:
        comparisons: among which the largest was picked, at least 1.
    """
    return NormalDist().inv_cdf(1 - BY_LUCK / (2 * comparisons))


def noise(accuracy: float, images: int, comparisons: int = 1) -> float:
    """The difference of two accuracies, in 0..1, that the choice of images alone explains.

    By the standard error of a difference of two binomial shares, the share taken as (n p + 1) / (n + 2) so that it is
    never 0 (Laplace). Two networks answer the same images here, so this is rather too much than too little.

    Args:
        accuracy: around which they lie, in 0..1.
        images: that each is measured on, at least 1.
        comparisons: as `standard_errors` takes it.
    """
    share = (images * accuracy + 1) / (images + 2)
    return standard_errors(comparisons) * math.sqrt(2 * share * (1 - share) / images)


def points(difference: float, signed: bool = False) -> str:
    """0.034 as "3.4 points"; with its sign where asked for."""
    return f"{100 * difference:{'+' if signed else ''}.1f} points"
