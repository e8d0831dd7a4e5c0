"""The seeds of a configuration: their mean, how far they scatter, and what of a difference that explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from cifar_core.analysis.finding import BY_LUCK
from cifar_core.analysis.settings_diff import deciding_versions
from cifar_core.runs import Run, RunFilter, RunState, RunStore

SEARCHED_RUNS = 100
"""The newest completed runs of a configuration that are looked through."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Completed runs of one configuration on the same versions; one a seed, as the same seed is no second draw."""

    runs: tuple[Run, ...]
    accuracies: tuple[float, ...]
    """The best of each run, in 0..1."""

    @classmethod
    def of(cls, store: RunStore, *told: Run) -> Seeds:
        """Those of a configuration.

        Args:
            store: of the runs.
            told: completed runs of the configuration that stand for their seeds, even if they are deleted, the first
                for itself and its like; of any other seed the newest run stands for it.
        """
        wanted = RunFilter(family=told[0].family, states=(RunState.COMPLETED,))
        versions, by_seed = deciding_versions(told[0]), dict[int, Run]()
        for run in (*told, *store.find_runs(wanted, limit=SEARCHED_RUNS)):
            if run.best_accuracy is not None and deciding_versions(run) == versions:
                by_seed.setdefault(run.config.training.seed, run)
        runs = tuple(by_seed.values())
        return cls(runs, tuple(run.best_accuracy for run in runs if run.best_accuracy is not None))

    @property
    def count(self) -> int:
        """How many seeds."""
        return len(self.runs)

    @property
    def mean(self) -> float:
        """Of the best accuracies, in 0..1."""
        return mean(self.accuracies)


def explained_by_seeds(groups: Sequence[Seeds], error: float) -> float | None:
    """The difference of two accuracies, in 0..1, that the scatter of seeds explains; None where no seed has a sibling.

    Student's t for the deviation pooled over the groups, two-sided at 5 %: few seeds tell little of how far they
    scatter, and t allows for that where 1.96 standard errors would not.

    Args:
        groups: configurations that are taken to scatter alike.
        error: of the difference, in deviations of a single run: sqrt(1 / n1 + 1 / n2) between two means.
    """
    freedom = sum(group.count - 1 for group in groups)
    if freedom == 0:
        return None
    from scipy.special import stdtrit  # type: ignore[import-untyped]  # scikit-learn brings it

    squares = sum((group.count - 1) * stdev(group.accuracies) ** 2 for group in groups if group.count > 1)
    return float(stdtrit(freedom, 1 - BY_LUCK / 2)) * math.sqrt(squares / freedom) * error
