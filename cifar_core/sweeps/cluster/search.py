"""Ray Tune's questions answered by Optuna: the same sampling and the same rules as on one machine."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from cifar_core.sweeps.asking import next_trial
from cifar_core.sweeps.spec import SweepSpec
from cifar_core.sweeps.study import Study

NUMBER, VALUES = "number", "values"
"""What a trial is told: its number in the study, and the values of its parameters."""


class StudySearch(Searcher):
    """A study as a search algorithm of Tune. What it is told lies in the study's journal, so a killed job goes on."""

    def __init__(self, study: Study, spec: SweepSpec) -> None:
        super().__init__(metric="accuracy", mode="max")
        self._study, self._spec = study, spec
        self._numbers: dict[str, int] = {}
        """Of the study's trials, by Tune's ids."""
        self._ends_at = math.inf if spec.minutes is None else time.time() + 60 * spec.minutes

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        """The next trial; `Searcher.FINISHED` where there is nothing left to try, or the minutes are over."""
        trial = None if time.time() >= self._ends_at else next_trial(self._study, self._spec).trial
        if trial is None:
            return Searcher.FINISHED
        self._numbers[trial_id] = trial.number
        return {NUMBER: trial.number, VALUES: dict(trial.values)}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tells the study how a trial ended."""
        number = self._numbers.pop(trial_id, None)
        if number is None:
            return
        if error or not result or "accuracy" not in result:
            self._study.fail(number)
        elif result["epoch"] < result["epochs"]:
            self._study.prune(number)
        else:
            self._study.complete(number, [result[_REPORTED[objective]] for objective in self._spec.objectives])

    def save(self, checkpoint_path: str) -> None:
        """Keeps which of Tune's trials is which of the study's."""
        Path(checkpoint_path).write_text(json.dumps(self._numbers), encoding="utf-8")

    def restore(self, checkpoint_path: str) -> None:
        """Reads it again."""
        self._numbers = json.loads(Path(checkpoint_path).read_text(encoding="utf-8"))


_REPORTED = {"accuracy": "best", "params": "params", "macs": "macs"}
