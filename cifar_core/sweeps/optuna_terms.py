"""Parameters, files, samplers and pruners in Optuna's terms."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError, IntegrityError

from cifar_core.sweeps.parameters import Parameter, Span

if TYPE_CHECKING:
    import optuna

OPENINGS, OPENING_SECONDS = 4, 0.3
"""How often a file is opened that another process may be making, and how long lies between."""


def storage(path: Path) -> optuna.storages.BaseStorage:
    """A study's file: SQLite where it is called `.db`, else a journal."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    if path.suffix != ".db":
        return JournalStorage(JournalFileBackend(str(path)))
    for _ in range(OPENINGS - 1):
        try:
            return _database(path)
        except DBAPIError as error:  # somebody else makes the same tables right now; whatever else it is, stays
            if not (isinstance(error, IntegrityError) or "already exists" in str(error)):
                raise
        time.sleep(OPENING_SECONDS)
    return _database(path)


def _database(path: Path) -> optuna.storages.RDBStorage:
    from optuna.storages import RDBStorage

    # Several processes look at the file: one waits for the other's write rather than fail.
    return RDBStorage(f"sqlite:///{quote(str(path))}", engine_kwargs={"connect_args": {"timeout": 30}})


def distribution(parameter: Parameter) -> optuna.distributions.BaseDistribution:
    """What Optuna draws a parameter from."""
    import optuna

    if not isinstance(parameter, Span):
        return optuna.distributions.CategoricalDistribution(choices(parameter))
    if parameter.whole:
        return optuna.distributions.IntDistribution(int(parameter.low), int(parameter.high), log=parameter.log)
    return optuna.distributions.FloatDistribution(parameter.low, parameter.high, log=parameter.log)


def choices(parameter: Parameter) -> tuple[str, ...]:
    """The values of a list, as text: Optuna's file keeps no objects."""
    assert not isinstance(parameter, Span)
    return tuple(json.dumps(value, sort_keys=True) for value in parameter.values)


def stored_value(parameter: Parameter, stored: Any) -> object:
    """A value of a parameter, as Optuna keeps it."""
    return stored if isinstance(parameter, Span) else json.loads(stored)


def sampler(kind: str, seed: int, parameters: int) -> optuna.samplers.BaseSampler:
    """What draws the values: "tpe", or else at random; a grid says itself which combination comes next.

    Args:
        kind: of a SweepSpec.
        seed: a whole number; its last 32 bits count.
        parameters: how many vary.
    """
    import optuna

    seed %= 2**32
    if kind != "tpe":
        return optuna.samplers.RandomSampler(seed)
    return optuna.samplers.TPESampler(seed=seed, multivariate=parameters > 1)


def pruner(kind: str) -> optuna.pruners.BasePruner:
    """What ends trials early: "asha", or else the median."""
    import optuna

    if kind == "asha":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    return optuna.pruners.MedianPruner(n_startup_trials=4)
