"""SweepSpec: many runs that differ in a few fields, and what they are to find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.fields import SHORT_NAMES, overlap, with_fields
from cifar_core.spec_model import SpecModel, shown_value
from cifar_core.sweeps.parameters import Choice, Parameter, Span, parse_parameter

Objective = Literal["accuracy", "params", "macs"]
MAX_TRIALS = 10_000
MAX_MINUTES = 100_000.0
MAX_SWEEP_NAME = 60
_SAME_FOR_ALL = {
    "protocol": "accuracies on other images do not compare",
    "validation_images": "accuracies on other images do not compare",
    "limit_test": "accuracies on other images do not compare",
    "seed": "the best of several seeds is luck; several seeds of one run tell its spread",
    "device": "all trials of a sweep train on the same one",
}
"""Fields of the training that no sweep varies, and why."""


class SweepSpec(SpecModel):
    """A search space around a run, and how it is searched."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=MAX_SWEEP_NAME)]
    base: RunConfig
    """What every trial is but for its parameters."""
    parameters: Annotated[tuple[Parameter, ...], Field(min_length=1, max_length=12)]
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1, max_length=2)] = ("accuracy",)
    """What is sought: the accuracy on the validation images, and beside it fewer parameters or MACs."""
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """"tpe": where earlier trials went well (Bergstra and others 2011). "grid": every combination once."""
    pruner: Literal["median", "asha", "none"] = "median"
    """Which trials end early. "median": those below the median of the others at the same epoch. "asha": all but the
    best third at epochs 1, 3, 9 and so on (Li and others 2018)."""
    trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)] | None = None
    """At most so many are trained; None for as many as the minutes, or the grid, allow."""
    minutes: Annotated[float, Field(gt=0, le=MAX_MINUTES)] | None = None
    """After so many no trial begins."""
    legal_only: bool = True
    """Whether networks that break a rule of the assignment are passed over, before anything is trained."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Decides what is sampled; that of the training is a field of the run."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.base.training.protocol != "validation":
            raise ValueError(
                f'base.training.protocol is "{self.base.training.protocol}": a sweep chooses on validation images, so '
                'it must be "validation"'
            )
        if self.objectives[0] != "accuracy" or len(set(self.objectives)) < len(self.objectives):
            raise ValueError(
                f"objectives are {', '.join(self.objectives)}: accuracy first, then params or macs, or none"
            )
        if len(self.objectives) > 1 and self.pruner != "none":
            raise ValueError(
                f'pruner is "{self.pruner}": with two objectives no trial can be told to be the worse one early, so it '
                'must be "none"'
            )
        if self.sampler == "grid" and not all(isinstance(parameter, Choice) for parameter in self.parameters):
            raise ValueError('sampler is "grid": every parameter must then be a list of values, not a range')
        if self.trials is None and self.minutes is None and self.sampler != "grid":
            raise ValueError("neither trials nor minutes say when it ends: give one of them")
        self._check_parameters()
        return self

    def _check_parameters(self) -> None:
        for parameter in self.parameters:
            try:
                _check_values(parameter, self.base)
            except SpecError as error:
                raise ValueError(str(error).rstrip(".")) from None
        for one, other in combinations(self.parameters, 2):
            if overlap(one.name, other.name):
                raise ValueError(f"parameters {one.name} and {other.name} set the same field: leave one of them out")

    @property
    def grid_size(self) -> int | None:
        """How many combinations there are; None where a range allows any number of them."""
        sizes = [len(part.values) if isinstance(part, Choice) else None for part in self.parameters]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)


def check_parameter(parameter: Span | Choice, base: RunConfig) -> None:
    """Says what is wrong with a parameter of a sweep around a run.

    Raises:
        SpecError: the run has no such field, it may not have one of the values, or no sweep varies it.
    """
    _check_may_vary(parameter)
    _check_values(parameter, base)


def new_sweep(spec: SweepSpec) -> SweepSpec:
    """A sweep that is about to begin. One that is stored already can be read whatever it varies, and however much.

    Raises:
        SpecError: it varies what no new sweep may, or tries too much.
    """
    for parameter in spec.parameters:
        _check_may_vary(parameter)
    if spec.trials is None and spec.minutes is None and (spec.grid_size or 0) > MAX_TRIALS:
        raise SpecError(
            f"The grid has {spec.grid_size:,} combinations: at most {MAX_TRIALS:,} can be tried, so say with how many "
            "trials, or after how many minutes, it ends."
        )
    return spec


def _check_may_vary(parameter: Span | Choice) -> None:
    reason = _SAME_FOR_ALL.get(parameter.name.removeprefix("training."))
    if reason is not None:
        raise SpecError(f"parameter {parameter.name} cannot vary: {reason}.")


def _check_values(parameter: Span | Choice, base: RunConfig) -> None:
    for value in parameter.probes:
        try:
            with_fields(base, {parameter.name: value})
        except SpecError as error:
            # Most sentences name the field, its value and what is allowed by themselves.
            names_it = parameter.name.rpartition(".")[2] in str(error) or parameter.name in SHORT_NAMES
            of_what = "" if names_it else f"parameter {parameter.name} cannot be {shown_value(value)}: "
            raise SpecError(f"{of_what}{error}") from None


def read_parameters(texts: Sequence[str], base: RunConfig) -> list[Span | Choice]:
    """Parameters as a person types them; between two whole numbers any number counts where the field takes it.

    Args:
        texts: as for `parse_parameter`.
        base: the run whose fields vary.

    Raises:
        SpecError: one of them is no parameter.
    """
    return [_as_the_field_takes_it(parse_parameter(text), base) for text in texts]


def _as_the_field_takes_it(parameter: Span | Choice, base: RunConfig) -> Span | Choice:
    if not isinstance(parameter, Span) or not (parameter.low.is_integer() and parameter.high.is_integer()):
        return parameter
    try:
        with_fields(base, {parameter.name: parameter.fraction})
    except SpecError:
        return parameter.changed(whole=True)  # or there is no such field, which the sweep's own check tells
    return parameter.changed(whole=False)
