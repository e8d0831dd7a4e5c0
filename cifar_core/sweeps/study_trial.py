"""A trial as Optuna keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class TrialState(StrEnum):
    """What became of a trial."""

    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    """Ended early, since others were better by then."""
    FAILED = "failed"
    ILLEGAL = "illegal"
    """Its network cannot be, or breaks a rule: nothing was trained."""
    REPEATED = "repeated"
    """An earlier trial had the same values: nothing was trained again."""


@dataclass(frozen=True, slots=True)
class StudyTrial:
    """One of those that were asked for."""

    number: int
    """From 0, in the order of asking."""
    state: TrialState
    values: Mapping[str, object]
    """Of the parameters, by name."""
    accuracy: float | None = None
    """What it came to on the validation images in 0..1; None unless it was trained to its end."""
    why: str = ""
    """Why it is illegal, or what it repeats; else empty."""
    is_pruned: bool = False
    """Whether it is being ended early, or was."""
    tries: int = 0
    """How often its run was taken up again."""

    @property
    def words(self) -> dict[str, str]:
        """The values as they are shown, by name: numbers to four digits."""
        return {name: _in_words(value) for name, value in self.values.items()}

    @property
    def in_words(self) -> str:
        """All of them: "lr 0.1, width_scale 0.5"."""
        return ", ".join(f"{name} {value}" for name, value in self.words.items())

    @property
    def was_begun(self) -> bool:
        """Whether it is being trained, or was."""
        return self.state not in (TrialState.ILLEGAL, TrialState.REPEATED)


def _in_words(value: object) -> str:
    """As a person would type it: a number to four digits, a word, or JSON."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)
