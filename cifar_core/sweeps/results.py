"""What a sweep has found so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from cifar_core.architecture.cost import num_macs, num_params
from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.sweep_rows import SweepRecord, SweepState
from cifar_core.sweeps.asking import has_tried_all, is_exhausted, is_used_up, read_sweep_spec, trial_config
from cifar_core.sweeps.cluster.place import ClusterPlace, SweepFolder
from cifar_core.sweeps.spec import SweepSpec
from cifar_core.sweeps.study import FILE, NoStudyError, Study, require_known
from cifar_core.sweeps.study_trial import StudyTrial, TrialState


@dataclass(frozen=True, slots=True)
class SweepTrial:
    """A trial with its run."""

    trial: StudyTrial
    run: Run | None
    """None where nothing was trained, where a trial on a cluster was not completed, or where the run was purged."""
    num_params: int | None
    """Of its network; None where there can be no such network, or it breaks a rule."""
    macs: int | None
    """The same: for one image."""

    @property
    def accuracy(self) -> float | None:
        """The best on validation images in 0..1, of a trial that was trained to its end."""
        return self.trial.accuracy

    @property
    def best_so_far(self) -> float | None:
        """The best on validation images in 0..1, also of a trial that goes on or ended early."""
        return self.accuracy if self.run is None else self.run.best_accuracy

    @property
    def was_begun(self) -> bool:
        """Whether it is being trained, or was."""
        return self.trial.was_begun

    @property
    def became(self) -> str:
        """Its state in a word; of one that the sweep still counts on, that of its run, which may be stopped."""
        is_open = self.run is not None and self.trial.state == TrialState.RUNNING
        return str(self.run.state if self.run is not None and is_open else self.trial.state)


@dataclass(frozen=True, slots=True)
class SweepResults:
    """A sweep, its trials in the order of asking, and what they show."""

    sweep: SweepRecord
    spec: SweepSpec
    trials: tuple[SweepTrial, ...]
    importances: dict[str, float]
    """Shares of the differences in accuracy, largest first; empty while nothing can be told."""

    @property
    def best(self) -> SweepTrial | None:
        """The highest accuracy; of several the one with the fewest parameters."""
        done = [trial for trial in self.trials if trial.accuracy is not None]
        return max(done, key=lambda each: (each.accuracy or 0, -(each.num_params or 0)), default=None)

    @property
    def front(self) -> tuple[SweepTrial, ...]:
        """The Pareto front of accuracy against parameters, fewest parameters first."""
        done = [trial for trial in self.trials if trial.accuracy is not None]
        return tuple(done[at] for at in pareto_front([(each.num_params or 0, each.accuracy or 0) for each in done]))

    @property
    def as_good(self) -> int:
        """How many trials came to the highest accuracy."""
        best = self.best
        return 0 if best is None else sum(trial.accuracy == best.accuracy for trial in self.trials)

    @property
    def passed_over(self) -> tuple[SweepTrial, ...]:
        """The trials for which nothing was trained."""
        return tuple(trial for trial in self.trials if not trial.was_begun)

    @property
    def is_whole_grid(self) -> bool:
        """Whether every combination of values was tried, and none of them is under way."""
        is_busy = any(trial.trial.state == TrialState.RUNNING for trial in self.trials)
        return not is_busy and has_tried_all(self.spec, [trial.trial for trial in self.trials])

    @property
    def can_go_on(self) -> bool:
        """Whether something would happen if the sweep were resumed; one that failed may have nothing left to try."""
        if self.sweep.state != SweepState.FAILED or self.sweep.cluster_json is not None:
            return self.sweep.state in (SweepState.STOPPED, SweepState.FAILED)
        begun, trials = sum(trial.was_begun for trial in self.trials), [trial.trial for trial in self.trials]
        return not (is_used_up(self.spec, begun, self.sweep.spent_seconds) or is_exhausted(self.spec, trials))

    def count(self, state: TrialState) -> int:
        """How many trials are in a state."""
        return sum(trial.trial.state == state for trial in self.trials)


def sweep_results(store: RunStore, sweep_id: str, with_importances: bool = True) -> SweepResults:
    """Reads a sweep.

    Args:
        store: where it lies.
        sweep_id: as for `get_sweep`.
        with_importances: they take a moment.

    Raises:
        SpecError: there is no such sweep.
        StoreError: it cannot be read.
    """
    sweep = store.get_sweep(sweep_id)
    spec, path, runs = read_sweep_spec(sweep.spec_json), study_path(store, sweep), store.sweep_runs(sweep.id)
    try:
        study = _study(path, sweep.id, sweep.spec_json)
    except NoStudyError:
        require_known(path, (), runs)
        return SweepResults(sweep, spec, (), {})
    asked = study.trials()
    if sweep.cluster_json is None:
        require_known(path, asked, runs)
    trials = tuple(_trial(sweep, spec, trial, runs.get(trial.number)) for trial in asked)
    return SweepResults(sweep, spec, trials, study.importances() if with_importances else {})


# Optuna remembers the trials that are over: opened anew, each look at a long sweep would read all of them.
@lru_cache(maxsize=8)
def _study(path: Path, sweep_id: str, spec_json: str) -> Study:
    return Study(path, sweep_id, read_sweep_spec(spec_json), make=False)


def _trial(sweep: SweepRecord, spec: SweepSpec, trial: StudyTrial, run: Run | None) -> SweepTrial:
    if sweep.cluster_json is not None and trial.state in (TrialState.RUNNING, TrialState.FAILED):
        # Of a job that was killed, the study does not know the end of every trial; a run that came in does.
        if run is not None and run.state == RunState.COMPLETED:
            trial = replace(trial, state=TrialState.COMPLETED, accuracy=run.best_accuracy)
        elif not sweep.state.is_open:
            trial = replace(trial, state=TrialState.FAILED)
    if run is None and len(trial.values) < len(spec.parameters):  # it was cut off while it was drawn
        return SweepTrial(trial, None, None, None)
    try:
        layers = (run.config if run is not None else trial_config(spec, trial)).architecture.layers
    except SpecError:
        return SweepTrial(trial, run, None, None)
    return SweepTrial(trial, run, num_params(layers), num_macs(layers))


def study_path(store: RunStore, sweep: SweepRecord) -> Path:
    """Where Optuna keeps a sweep's trials."""
    if sweep.cluster_json is None:
        return store.folder / FILE
    return SweepFolder(Path(ClusterPlace.parse(sweep.cluster_json).folder), sweep.id).journal


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points (cost, gain) that no other one beats, by rising cost.

    One beats another that costs no less and gains no more, and is not equal to it; of equal points the first counts.
    """
    front: list[int] = []
    for at in sorted(range(len(points)), key=lambda at: (points[at][0], -points[at][1], at)):
        if not front or points[at][1] > points[front[-1]][1]:
            front.append(at)
    return front
