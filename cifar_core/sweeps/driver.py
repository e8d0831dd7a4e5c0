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
from cifar_core.sweeps.asking import next_trial, nothing_to_train, objective_value, read_sweep_spec, trial_config
from cifar_core.sweeps.study import FILE, Study, StudyTrial, TrialState

MAX_TRIES = 1
"""How often a trial whose process vanished, or that failed, is taken up again."""


class Look(Enum):
    """What a look at a trial found."""

    ENDED = auto()
    GOES_ON = auto()
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
            StoreError: its search space, or its study, cannot be read.
        """
        self._store, self._clock = store, clock
        record = store.get_sweep(sweep_id)
        self.id, self.spec = record.id, read_sweep_spec(record.spec_json)
        self.study = Study(store.folder / FILE, self.id, self.spec)
        self._looked_at = clock()

    def step(self) -> Step:
        """Looks once: what ended is told, what is bad is pruned, and the next trial begins where none is under way."""
        now = self._clock()
        passed, self._looked_at = now - self._looked_at, now
        sweep = self._store.count_sweep_time(self.id, passed)
        if not sweep.state.is_open:
            return Step(is_over=True)
        stopping = sweep.state == SweepState.STOPPING
        under_way = [trial for trial in self.study.trials() if trial.state == TrialState.RUNNING]
        looks = {trial.number: self._look_at(trial, stopping) for trial in under_way}
        ended = [number for number, look in looks.items() if look == Look.ENDED]
        if Look.GOES_ON in looks.values():
            return Step(is_over=False, ended=tuple(ended))
        if stopping or self._is_used_up(sweep.spent_seconds):
            self._store.end_sweep(self.id, SweepState.COMPLETED)
            return Step(is_over=True, ended=tuple(ended))
        passed_over, started = self._start_next()
        return Step(is_over=started is None, ended=(*ended, *passed_over), started=started)

    def _is_used_up(self, seconds: float) -> bool:
        spec = self.spec
        by_trials = spec.trials is not None and self._store.count_trials(self.id) >= spec.trials
        return by_trials or (spec.minutes is not None and seconds >= 60 * spec.minutes)

    def _look_at(self, trial: StudyTrial, stopping: bool) -> Look:
        run = self._store.trial_run(self.id, trial.number)
        if run is None:  # whoever asked for the trial ended before its run was queued
            if not stopping:
                self._store.launch_trial(self.id, trial.number, trial_config(self.spec, trial))
            return Look.WAITS if stopping else Look.GOES_ON
        if not run.state.is_over:
            return self._watch(trial, run, stopping)
        return self._settle(trial, run, stopping)

    def _watch(self, trial: StudyTrial, run: Run, stopping: bool) -> Look:
        """A run that waits or trains: stopped with the sweep, or because others are better."""
        prune = not (stopping or trial.is_pruned) and self._report(trial, run)
        if stopping or prune:
            if prune:
                self.study.mark_pruned(trial.number)
            elif not trial.is_parked:
                self.study.mark_parked(trial.number, True)
            with contextlib.suppress(SpecError):  # it ended in the meantime
                self._store.request_stop(run.id)
        return Look.GOES_ON

    def _report(self, trial: StudyTrial, run: Run) -> bool:
        """Tells the epochs so far; whether the trial is to end now."""
        accuracies = [metrics.eval_accuracy for metrics in self._store.epochs(run.id)]
        return self.study.report(trial.number, accuracies)

    def _settle(self, trial: StudyTrial, run: Run, stopping: bool) -> Look:
        """A run that is over: what it came to is told, or it goes on."""
        number = trial.number
        if run.state == RunState.COMPLETED:
            self._report(trial, run)  # epochs behind the last look, which later trials are judged by
            self.study.complete(number, [objective_value(run, objective) for objective in self.spec.objectives])
            return Look.ENDED
        if trial.is_pruned or run.state == RunState.DIVERGED:
            self.study.prune(number)
            return Look.ENDED
        may_go_on = trial.is_parked or (run.state != RunState.STOPPED and trial.tries < MAX_TRIES)
        if may_go_on and stopping:
            return Look.WAITS
        if may_go_on and self._goes_on(trial, run):
            return Look.GOES_ON
        self.study.fail(number)
        return Look.ENDED

    def _goes_on(self, trial: StudyTrial, run: Run) -> bool:
        try:
            self._store.resume(run.id)
        except SpecError:  # a person deleted it
            return False
        if trial.is_parked:
            self.study.mark_parked(trial.number, False)
        else:
            self.study.retry(trial.number)
        return True

    def _start_next(self) -> tuple[list[int], int | None]:
        """Asks until a trial can be trained; the numbers of those passed over, and its own."""
        passed_over: list[int] = []
        trial = next_trial(self.study, self.spec, lambda rejected: passed_over.append(rejected.number))
        if trial is not None:
            self._store.launch_trial(self.id, trial.number, trial_config(self.spec, trial))
            return passed_over, trial.number
        if self._store.count_trials(self.id):
            self._store.end_sweep(self.id, SweepState.COMPLETED)
        else:
            self._store.end_sweep(self.id, SweepState.FAILED, nothing_to_train(self.study))
        return passed_over, None
