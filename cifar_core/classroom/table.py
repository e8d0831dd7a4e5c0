"""The table of a class: what every submission is, what was said of it, and which are the same network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cifar_core.analysis.run_rules import RunLimits, RunRule
from cifar_core.architecture import RuleLimits, RuleResult
from cifar_core.protocol import Protocol
from cifar_core.spec_model import SpecModel

FieldVerdict = Literal["right", "with the pooling", "wrong"]
"""Of a stated receptive field; "with the pooling": the pooling window was counted, and the rule means the field before
it."""
Verdict = Literal["right", "wrong"]


class ClassLimits(SpecModel):
    """The numbers that a class is judged by."""

    network: RuleLimits = RuleLimits()
    run: RunLimits = RunLimits()


class Claimed(SpecModel):
    """What was said of a network; null where nothing was."""

    params: int | None = None
    receptive_field: int | None = None
    """Pixels."""
    accuracy: float | None = None
    """In 0..1."""


class Verdicts(SpecModel):
    """How what was said compares with what was computed; null where one of the two is missing."""

    params: Verdict | None = None
    receptive_field: FieldVerdict | None = None
    accuracy: Verdict | None = None
    """Against the accuracy recomputed from weights, or else the one that the package's own predictions give; right if
    they are the same to the places that were written, and within 0.05 points in any case."""


class RunFigures(SpecModel):
    """What came with a run package."""

    dataset: str
    protocol: Protocol
    epochs_planned: int
    test_accuracy: float | None
    """In 0..1, as the predictions in the package give it: its maker could have changed them. Null if the test images
    were not read."""
    recomputed_accuracy: float | None
    """In 0..1, from its weights on the test images at hand; null where nobody asked, or it could not be computed."""
    recomputed_images: int
    """That it was computed on; 0 without."""
    rules: tuple[RunRule, ...]
    """Three transforms and the accuracy, on the recomputed one if there is one."""
    passed: bool | None
    """Whether all of them are met; null where one of those that are not failed cannot be judged."""


class ClassRow(SpecModel):
    """One file of the class."""

    file: str
    author: str
    kind: Literal["spec", "print", "package", "unread"]
    problem: str
    """Why there is nothing to judge, in a sentence; empty else."""
    notes: tuple[str, ...]
    """What was taken for granted, what of the claims could not be read, why an accuracy was not recomputed."""
    network: str
    params: int | None
    receptive_field: int | None
    """Before pooling, in pixels; null as all figures where there is a problem."""
    receptive_field_with_pooling: int | None
    macs: int | None
    """Multiply-accumulates for one image."""
    coverage: float | None
    """Share of the field's square that any path reaches, in 0..1."""
    params_margin: int | None
    """Parameters to spare; negative where there are too many."""
    field_margin: int | None
    """Pixels more than needed; negative where the field is too small."""
    passed: bool | None
    """Whether the network meets every rule that the assignment requires."""
    rules: tuple[RuleResult, ...]
    run: RunFigures | None
    """Null for what is no run package."""
    claimed: Claimed
    verdicts: Verdicts
    identical: str
    """Letter of its group of identical networks; empty for a network of its own."""

    @property
    def accuracy(self) -> float | None:
        """In 0..1: recomputed from weights, or else as the package tells it; None without either."""
        if self.run is None:
            return None
        return self.run.test_accuracy if self.run.recomputed_accuracy is None else self.run.recomputed_accuracy

    @property
    def failed_rules(self) -> tuple[str, ...]:
        """Titles of the required rules that the network does not meet."""
        return tuple(rule.title for rule in self.rules if rule.required and not rule.passed)


class IdenticalGroup(SpecModel):
    """Networks that are the same but for names."""

    letter: str
    files: tuple[str, ...]
    """One of them alone where the other is a preset."""
    authors: tuple[str, ...]
    """Without repetition: a person may hand in a network twice."""
    presets: tuple[str, ...]
    """Those of this project that it is."""


class ClassTable(SpecModel):
    """Everything that is said about a class: what `class --json` prints and the page shows."""

    limits: ClassLimits
    rows: tuple[ClassRow, ...]
    identical: tuple[IdenticalGroup, ...]
    notes: tuple[str, ...]
    """On lines of the claims that belong to no file."""

    def stated_fields(self) -> Mapping[FieldVerdict, int]:
        """How many stated receptive fields have which verdict."""
        said = [row.verdicts.receptive_field for row in self.rows]
        return {verdict: said.count(verdict) for verdict in ("right", "with the pooling", "wrong")}
