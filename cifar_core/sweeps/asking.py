"""What to train next: trials are asked for until one can be trained, and what cannot is passed over at no cost."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cifar_core.architecture.cost import num_macs, num_params
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.rules import judge
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunConfig
from cifar_core.runs.fields import with_fields
from cifar_core.sweeps.spec import SweepSpec
from cifar_core.sweeps.study import Study
from cifar_core.sweeps.study_trial import StudyTrial
from cifar_core.words import counted


class DamagedSweepError(StoreError):
    """A sweep that cannot go on, however often it is tried."""


MAX_PASSED_OVER = 100
"""So many trials in a row that cannot be trained, or were tried before, and there is taken to be nothing left."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking."""

    trial: StudyTrial | None
    """To be trained; None where there is nothing left, or it took too long."""
    passed_over: tuple[int, ...]
    """Numbers of the trials that are illegal, or were tried before."""
    is_exhausted: bool
    """Whether there is nothing left."""


def next_trial(study: Study, spec: SweepSpec, seconds: float = math.inf) -> Asked:
    """Asks until a trial can be trained and is new.

    Args:
        study: that is asked, and told of what is passed over.
        spec: of the sweep.
        seconds: how long at most; the next call goes on.
    """
    passed_over: list[int] = []
    ends_at = time.monotonic() + seconds
    while not is_exhausted(spec, study.trials()):
        why = _why_not(spec, study.next_of_grid())
        if why:
            passed_over.append(study.reject_next_of_grid(why))
        else:
            trial = study.ask()
            if trial is None:
                break
            if can_be_trained(study, spec, trial):
                return Asked(trial, tuple(passed_over), is_exhausted=False)
            passed_over.append(trial.number)
        if time.monotonic() >= ends_at:
            return Asked(None, tuple(passed_over), is_exhausted=False)
    return Asked(None, tuple(passed_over), is_exhausted=True)


def trial_config(spec: SweepSpec, trial: StudyTrial) -> RunConfig:
    """A trial's run.

    Raises:
        SpecError: there can be no such run, or its network breaks a rule of the assignment.
    """
    return config_of(spec, trial.values).changed(name=f"{spec.name} {trial.number + 1}")


def config_of(spec: SweepSpec, values: Mapping[str, object]) -> RunConfig:
    """The run with some values of the parameters.

    Raises:
        SpecError: there can be no such run, or its network breaks a rule of the assignment.
    """
    config = with_fields(spec.base, values)
    if spec.legal_only:
        broken = [result for result in judge(config.architecture) if result.required and not result.passed]
        if broken:
            told = "; ".join(f"{result.title}: {result.detail}" for result in broken)
            raise SpecError(f"The network breaks the assignment's rules. {told}")
    return config


def _why_not(spec: SweepSpec, values: Mapping[str, object] | None) -> str:
    """Why a run with some values cannot be; empty where it can, or there are none."""
    if values is None:
        return ""
    try:
        config_of(spec, values)
    except SpecError as error:
        return str(error)
    return ""


def why_nothing_came(trials: Sequence[StudyTrial]) -> str:
    """Why a sweep without a completed trial has failed."""
    begun = [trial for trial in trials if trial.was_begun]
    if begun:
        return f"Of {counted(len(begun), 'trial')} none was trained to its end."
    last = f" The last one: {trials[-1].why}" if trials else ""
    return f"Of {counted(len(trials), 'trial')} none could be trained.{last}"


def objective_values(spec: SweepSpec, accuracy: float, layers: Sequence[Layer]) -> list[float]:
    """What a trial came to, one value an objective.

    Args:
        spec: of the sweep.
        accuracy: its best on validation images, in 0..1.
        layers: of its network, which tell its parameters, and its MACs for an image.
    """
    values = {"accuracy": accuracy, "params": num_params(layers), "macs": num_macs(layers)}
    return [values[objective] for objective in spec.objectives]


def has_tried_all(spec: SweepSpec, trials: Sequence[StudyTrial]) -> bool:
    """Whether every combination of values was asked for; never where a range allows any number of them."""
    tried = {_key(trial.values) for trial in trials if _is_whole(spec, trial)}
    return spec.grid_size is not None and len(tried) >= spec.grid_size


def is_exhausted(spec: SweepSpec, trials: Sequence[StudyTrial]) -> bool:
    """Whether every combination of values was tried, or too many in a row came to nothing."""
    if has_tried_all(spec, trials):
        return True
    last = trials[-MAX_PASSED_OVER:]
    is_barren = len(last) == MAX_PASSED_OVER and not any(trial.was_begun for trial in last)
    return is_barren and spec.sampler != "grid"


def is_used_up(spec: SweepSpec, begun: int, seconds: float) -> bool:
    """Whether the budget is spent.

    Args:
        spec: of the sweep.
        begun: trials that are being trained, or were.
        seconds: that it was driven for.
    """
    return (spec.trials is not None and begun >= spec.trials) or (
        spec.minutes is not None and seconds >= 60 * spec.minutes
    )


def can_be_trained(study: Study, spec: SweepSpec, trial: StudyTrial) -> bool:
    """Whether a trial that was asked for is new and can be trained; the study is told where not."""
    if not _is_whole(spec, trial):  # the program that asked for it was killed before every value was kept
        study.reject(trial.number, "It was being drawn when its program ended.")
        return False
    before = (each for each in study.trials() if each.number < trial.number)
    earlier = next((each for each in before if each.values == trial.values), None)
    if earlier is not None:
        study.repeat(trial.number, earlier)
        return False
    why = _why_not(spec, trial.values)
    if why:
        study.reject(trial.number, why)
    return not why


def read_sweep_spec(text: str) -> SweepSpec:
    """A stored sweep's spec.

    Raises:
        DamagedSweepError: it was damaged, or written by another version.
    """
    try:
        return SweepSpec.parse(text)
    except SpecError as error:
        raise DamagedSweepError(f"The sweep's search space cannot be read: {error}") from None


def _is_whole(spec: SweepSpec, trial: StudyTrial) -> bool:
    return len(trial.values) == len(spec.parameters)


def _key(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True)
