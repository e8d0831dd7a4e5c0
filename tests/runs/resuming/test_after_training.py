"""A run that ended between its last epoch and its evaluation needs no training."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from cifar_core.runs import RunState, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.training.metrics import EpochMetrics
from tests.runs.resuming.common import EPOCHS, Whole, assert_equal_to, interrupted, resumed


@pytest.mark.parametrize("by_a_person", [True, False], ids=["a person", "a closing program"])
@pytest.mark.parametrize("question", [1, 2, 3], ids=["clean", "validation", "test"])
def test_a_run_stopped_while_it_is_evaluated_needs_no_training(
    sgd: Whole, store: RunStore, question: int, by_a_person: bool, no_training: Callable[[], None]
) -> None:
    early = interrupted(store, store.start(sgd.run.config), EPOCHS, question, by_a_person)
    no_training()
    assert_equal_to(sgd, store, resumed(store, early))


def test_a_run_whose_process_died_behind_its_last_epoch_needs_no_training(
    whole: Whole, store: RunStore, no_training: Callable[[], None]
) -> None:
    def die(metrics: EpochMetrics) -> None:
        if metrics.epoch == EPOCHS:
            raise KeyboardInterrupt

    claim = store.start(whole.run.config)
    with pytest.raises(KeyboardInterrupt):
        execute_run(store, claim, RunListener(on_epoch=die))
    with closing(sqlite3.connect(store.folder / "runs.db")) as database, database:
        database.execute("UPDATE run SET owner_started = owner_started - 1000")  # its id is another process's now
    early = store.get(claim.run_id)
    assert (early.state, early.epochs_done) == (RunState.INTERRUPTED, EPOCHS)
    no_training()
    assert_equal_to(whole, store, resumed(store, early))
