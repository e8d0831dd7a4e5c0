"""Runs taken up again where checkpoints are missing or damaged."""

from __future__ import annotations

import pytest

from cifar_core.runs import Run, RunConfig, RunFiles, RunStore, experiment
from cifar_core.runs.run_data import RunData, load_run_data
from tests.runs.resuming.common import CHECKPOINTS, Whole, assert_equal_to, checkpoint, interrupted, notes, resumed


def cut(store: RunStore, run: Run, *names: str) -> None:
    for name in names:
        path = store.run_folder(run.id) / "checkpoints" / f"{name}.pt"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_cut_last_checkpoint_costs_one_epoch_and_no_bit(whole: Whole, store: RunStore) -> None:
    early = interrupted(store, store.start(whole.run.config), 3)
    cut(store, early, "last")
    run = resumed(store, early)
    assert_equal_to(whole, store, run)
    # The best one does as well, where it is the same epoch's.
    lost = "Resumed after epoch 2, since no later checkpoint can be read."
    assert notes(store, run)[-1] == ("Resumed after epoch 3." if early.best_epoch == 3 else lost)


def test_a_best_checkpoint_that_is_lost_is_trained_again_from_the_start(whole: Whole, store: RunStore) -> None:
    early = interrupted(store, store.start(whole.run.config), 3)
    cut(
        store,
        early,
        "best",
        *(("last",) if early.best_epoch == 3 else ()),
        *(("previous",) if early.best_epoch == 2 else ()),
    )
    run = resumed(store, early)
    assert_equal_to(whole, store, run)
    assert notes(store, run)[-1] == "Begun anew, since what it needs of its checkpoints cannot be read."


def test_without_any_checkpoint_a_run_begins_anew_and_says_so(whole: Whole, store: RunStore) -> None:
    early = interrupted(store, store.start(whole.run.config), 3)
    cut(store, early, *CHECKPOINTS)
    run = resumed(store, early)
    assert_equal_to(whole, store, run)
    note = "Begun anew, since what it needs of its checkpoints cannot be read."
    assert notes(store, run)[-1] == note
    assert note in (store.run_folder(run.id) / "train.log").read_text().splitlines()


@pytest.mark.parametrize("is_missing", [True, False], ids=["missing", "cut"])
def test_the_best_checkpoint_is_mended_from_the_last_ones(
    whole: Whole, store: RunStore, is_missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = [metrics.eval_accuracy for metrics in whole.store.epochs(whole.run.id)][:2]
    best = 1 + accuracies.index(max(accuracies))
    early = interrupted(store, store.start(whole.run.config), 2)
    assert early.best_epoch == best
    path = RunFiles(store.run_folder(early.id)).checkpoint("best")
    if is_missing:
        path.unlink()
    else:
        cut(store, early, "best")
    found: list[int] = []

    def look(config: RunConfig) -> RunData:
        found.append(checkpoint(store, early, "best")["epoch"])
        return load_run_data(config)

    monkeypatch.setattr(experiment, "load_run_data", look)
    assert_equal_to(whole, store, resumed(store, early))
    assert found == [best], "it is whole again before the training goes on"
