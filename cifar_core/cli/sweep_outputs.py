"""The shape of what `sweep --json` and `sweeps --json` print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from cifar_core.runs.sweep_rows import SweepRecord, SweepState
from cifar_core.sweeps.results import SweepResults, SweepTrial
from cifar_core.sweeps.study_trial import TrialState


class SweepTrialOutput(BaseModel):
    """One trial."""

    number: int
    """From 1, in the order of asking."""
    state: TrialState
    values: dict[str, Any]
    """Of the parameters, by name."""
    run: str | None
    """Its run's id; null where nothing was trained."""
    accuracy: float | None
    """The best on the validation images in 0..1; null unless it was trained to its end."""
    params: int | None
    macs: int | None
    why: str
    """Why nothing was trained; else empty."""

    @classmethod
    def of(cls, trial: SweepTrial) -> SweepTrialOutput:
        """The line of a trial."""
        return cls(
            number=trial.trial.number + 1,
            state=trial.trial.state,
            values=dict(trial.trial.values),
            run=None if trial.run is None else trial.run.id,
            accuracy=trial.accuracy,
            params=trial.num_params,
            macs=trial.macs,
            why=trial.trial.why,
        )


class SweepLineOutput(BaseModel):
    """A sweep in one line: of several, and of one that is stopped or deleted."""

    id: str
    name: str
    state: SweepState
    created_at: datetime
    """In UTC."""
    seconds: float
    """That it was driven for."""
    problem: str
    """Why it failed, or cannot go on right now; else empty."""

    @classmethod
    def of(cls, sweep: SweepRecord) -> SweepLineOutput:
        """The line of a sweep."""
        return cls(**_line(sweep))


class SweepOutput(SweepLineOutput):
    """A sweep with all that it found."""

    objectives: list[str]
    trials: list[SweepTrialOutput]
    best: SweepTrialOutput | None
    """The highest accuracy."""
    front: list[SweepTrialOutput]
    """The Pareto front of accuracy against parameters, fewest parameters first."""
    importances: dict[str, float]
    """The share of the differences in accuracy that each parameter explains, in 0..1; empty while nothing is told."""

    @classmethod
    def of_results(cls, results: SweepResults) -> SweepOutput:
        """All of a sweep."""
        best = results.best
        return cls(
            **_line(results.sweep),
            objectives=list(results.spec.objectives),
            trials=[SweepTrialOutput.of(trial) for trial in results.trials],
            best=None if best is None else SweepTrialOutput.of(best),
            front=[SweepTrialOutput.of(trial) for trial in results.front],
            importances=results.importances,
        )


def _line(sweep: SweepRecord) -> dict[str, Any]:
    return {
        "id": sweep.id,
        "name": sweep.name,
        "state": sweep.state,
        "created_at": sweep.created_at.replace(tzinfo=UTC),
        "seconds": sweep.spent_seconds,
        "problem": sweep.problem,
    }
