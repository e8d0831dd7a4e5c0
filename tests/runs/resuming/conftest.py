"""Runs that nobody interrupted, and a store that is asked for a stop at every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import RunStore, experiment
from cifar_core.runs.experiment import execute_run
from cifar_core.training.step import TrainingStep
from tests.runs.resuming.common import RECIPES, Whole, config_of


@pytest.fixture(scope="package")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Whole]]:
    with closing(RunStore(folder=tmp_path_factory.mktemp("whole"))) as store:
        yield {name: Whole(store, execute_run(store, store.start(config_of(name)))) for name in RECIPES}


@pytest.fixture(params=RECIPES)
def whole(request: pytest.FixtureRequest, wholes: dict[str, Whole]) -> Whole:
    return wholes[request.param]


@pytest.fixture
def sgd(wholes: dict[str, Whole]) -> Whole:
    """For what does not depend on the recipe."""
    return wholes["sgd"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    monkeypatch.setattr(experiment, "STOP_POLL_SECONDS", 0.0)
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to forbid any further step of training."""

    def step(self: TrainingStep, *arguments: object) -> None:
        raise AssertionError("it trains")

    return lambda: monkeypatch.setattr(TrainingStep, "__call__", step)
