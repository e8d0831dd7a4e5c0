"""Drives one sweep: asks for trials, queues their runs, watches them, and tells what they came to.

All it knows lies in the store and in the study's file, so that another program can go on from any moment.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.asking import (
    can_be_trained,
    is_used_up,
    next_trial,
    objective_values,
    read_sweep_spec,
    trial_config,
    why_nothing_came,
)
from cifar_core.sweeps.study import FILE, Study, require_known
from cifar_core.sweeps.study_trial import StudyTrial, TrialState

MAX_TRIES = 1
"""How often a trial whose process vanished, or that failed, is taken up again."""
ENDED_EARLY = "Its sweep ended it early: by the same epoch other trials were better."
STOPPED_WITH_IT = "It was stopped with its sweep, and goes on when the sweep does."
"""Why a run stopped. By it the sweep tells that the trial is its own to go on with."""
ASKING_SECONDS = 2.0
"""Of a step: a person's wish to stop is looked for between two."""


class Look(Enum):
    """What a look at a trial found."""

    ENDED = auto()
    GOES_ON = auto()
    QUEUED = auto()
    """It goes on once others have made way."""
    WAITS = auto()
    """For the sweep to be resumed."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened in one look at a sweep."""

    is_over: bool
    ended: tuple[int, ...] = ()
    """Trials that ended since the look before, the illegal ones too."""
    started: int | None = None
    """A trial that began."""


class SweepDriver:
    """One sweep, for as long as the calling program holds it. One trial trains at a time, as on any one device."""

    def __init__(self, store: RunStore, sweep_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens its study.

        Raises:
            SpecError: there is no such sweep.
            DamagedSweepError: its search space cannot be read.
            StoreError: its study cannot be opened, or is gone.
        """
        self._store, self._clock = store, clock
        record = store.get_sweep(sweep_id)
        self.id, self.spec = record.id, read_sweep_spec(record.spec_json)
        path, with_runs = store.folder / FILE, store.sweep_trials(self.id)
        if not path.exists():  # to open it would make it
            require_known(path, (), with_runs)
        self.study = Study(path, self.id, self.spec)
        require_known(path, self.study.trials(), with_runs)
        self._looked_at = clock()
        self._is_queued = False

    def step(self) -> Step:
        """Looks once: what ended is told, what is bad is pruned, and the next trial begins where none is under way."""
        now = self._clock()
        passed, self._looked_at = now - self._looked_at, now
        # What others train before it is none of its time.
        sweep = self._store.count_sweep_time(self.id, 0.0 if self._is_queued else passed)
        if not sweep.state.is_open:
            return Step(is_over=True)
        if sweep.problem:
            self._store.note_sweep_problem(self.id, "")  # whatever it was has passed
        stopping = sweep.state == SweepState.STOPPING
        under_way = [trial for trial in self.study.trials() if trial.state == TrialState.RUNNING]
        looks = {trial.number: self._look_at(trial, stopping) for trial in under_way}
        ended = tuple(number for number, look in looks.items() if look == Look.ENDED)
        self._is_queued = Look.QUEUED in looks.values()
        if self._is_queued or Look.GOES_ON in looks.values():
            return Step(is_over=False, ended=ended)
        if stopping:
            self._store.end_sweep(self.id, SweepState.STOPPED)
            return Step(is_over=True, ended=ended)
        begun = sum(trial.was_begun for trial in self.study.trials())
        if is_used_up(self.spec, begun, sweep.spent_seconds):
            return self._end(ended)
        return self._start_next(ended)

    def _start_next(self, ended: tuple[int, ...]) -> Step:
        asked = next_trial(self.study, self.spec, ASKING_SECONDS)
        ended = (*ended, *asked.passed_over)
        if asked.is_exhausted:
            return self._end(ended)
        if asked.trial is None:
            return Step(is_over=False, ended=ended)
        self._store.launch_trial(self.id, asked.trial.number, trial_config(self.spec, asked.trial))
        return Step(is_over=False, ended=ended, started=asked.trial.number)

    def _end(self, ended: tuple[int, ...]) -> Step:
        trials = self.study.trials()
        if any(trial.state == TrialState.COMPLETED for trial in trials):
            self._store.end_sweep(self.id, SweepState.COMPLETED)
        else:
            self._store.end_sweep(self.id, SweepState.FAILED, why_nothing_came(trials))
        return Step(is_over=True, ended=ended)

    def _look_at(self, trial: StudyTrial, stopping: bool) -> Look:
        run = self._store.trial_run(self.id, trial.number)
        if run is None:  # whoever asked for the trial ended before its run was queued
            if stopping:
                return Look.WAITS
            if not can_be_trained(self.study, self.spec, trial):
                return Look.ENDED
            self._store.launch_trial(self.id, trial.number, trial_config(self.spec, trial))
            return Look.QUEUED
        if not run.state.is_over:
            return self._watch(trial, run, stopping)
        return self._settle(trial, run, stopping)

    def _watch(self, trial: StudyTrial, run: Run, stopping: bool) -> Look:
        """A run that waits or trains: stopped with the sweep, or because others are better."""
        is_worse = self._report(trial, run)
        # What is trained already is worth its evaluation.
        prune = trial.is_pruned or (is_worse and run.epochs_done < run.config.training.epochs)
        if prune and not trial.is_pruned:
            self.study.mark_pruned(trial.number)
        if (stopping or prune) and run.state != RunState.STOPPING:
            with contextlib.suppress(SpecError):  # it ended in the meantime
                self._store.request_stop(run.id, ENDED_EARLY if prune else STOPPED_WITH_IT)
        return Look.QUEUED if run.state == RunState.QUEUED else Look.GOES_ON

    def _report(self, trial: StudyTrial, run: Run) -> bool:
        """Tells the epochs so far; whether others are better by now."""
        accuracies = [metrics.eval_accuracy for metrics in self._store.epochs(run.id)]
        return self.study.report(trial.number, accuracies)

    def _settle(self, trial: StudyTrial, run: Run, stopping: bool) -> Look:
        """A run that is over: what it came to is told, or it goes on."""
        number = trial.number
        if run.state == RunState.COMPLETED:
            self._report(trial, run)  # epochs behind the last look, which later trials are judged by
            layers = run.config.architecture.layers
            self.study.complete(number, objective_values(self.spec, run.best_accuracy or 0.0, layers))
            return Look.ENDED
        if trial.is_pruned or run.state == RunState.DIVERGED:
            self.study.prune(number)
            return Look.ENDED
        if run.state == RunState.STOPPED:  # else a person wanted it
            may_go_on = self._store.why_stopped(run.id) == STOPPED_WITH_IT
        else:
            may_go_on = trial.tries < MAX_TRIES
        if may_go_on and stopping:
            return Look.WAITS
        if may_go_on and self._goes_on(trial, run):
            return Look.QUEUED
        self.study.fail(number)
        return Look.ENDED

    def _goes_on(self, trial: StudyTrial, run: Run) -> bool:
        """Whether it could be taken up again; counted first, so that a program that ends here does not try for ever."""
        if run.state != RunState.STOPPED:
            self.study.retry(trial.number)
        try:
            self._store.resume(run.id)
        except SpecError:  # a person deleted it
            return False
        return True
