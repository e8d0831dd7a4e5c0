"""A sweep over the tiny network, and a hand that trains its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunStore
from cifar_core.runs.experiment import execute_run
from cifar_core.sweeps import SweepSpec, parse_parameter
from cifar_core.sweeps.driver import Step, SweepDriver
from tests.tiny import tiny_config

Drive = Callable[[SweepSpec], SweepDriver]


def tiny_sweep(*parameters: str, **fields: object) -> SweepSpec:
    """One epoch a trial; the tiny network breaks the assignment's rules."""
    base = tiny_config("base", epochs=1, limit_train=64)
    return SweepSpec.parse(
        {
            "name": "sweep",
            "base": base.model_dump(),
            "parameters": [parse_parameter(text).model_dump() for text in parameters or ("lr=0.05..0.5:log",)],
            "trials": 3,
            "legal_only": False,
            **fields,
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


@pytest.fixture
def drive(store: RunStore) -> Drive:
    """Stores a sweep, and gives what drives it."""

    def begin(spec: SweepSpec) -> SweepDriver:
        return SweepDriver(store, store.add_sweep(spec.name, spec.to_json()).id)

    return begin


def train_next(store: RunStore) -> Run:
    """Trains what waits."""
    claim = store.claim_next()
    assert claim is not None
    return execute_run(store, claim)


def drive_to_the_end(store: RunStore, driver: SweepDriver) -> list[Step]:
    """Looks and trains by turns until the sweep is over."""
    steps = []
    for _ in range(200):
        steps.append(driver.step())
        if steps[-1].is_over:
            return steps
        if steps[-1].started is not None:
            train_next(store)
    raise AssertionError("the sweep never ended")
