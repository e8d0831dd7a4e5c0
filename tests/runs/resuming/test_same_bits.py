"""A run that was stopped and taken up again comes to the same bits as one that was left alone."""

from __future__ import annotations

import pytest
import torch

from cifar_core.runs import RunFiles, RunStore
from tests.runs.resuming.common import EPOCHS, Whole, assert_equal_to, checkpoint, interrupted, notes, resumed


def test_the_recipes_and_the_epochs_differ_in_what_is_compared(wholes: dict[str, Whole]) -> None:
    plain, averaged = (checkpoint(whole.store, whole.run, "last") for whole in wholes.values())
    assert plain["ema"] is None
    assert any(not torch.equal(averaged["ema"][name], averaged["network"][name]) for name in averaged["ema"])
    assert plain["optimizer"]["state"]
    before = checkpoint(wholes["sgd"].store, wholes["sgd"].run, "previous")
    assert (before["epoch"], plain["epoch"]) == (EPOCHS - 1, EPOCHS)
    assert any(not torch.equal(plain["network"][name], before["network"][name]) for name in plain["network"])


@pytest.mark.parametrize(
    ("by_a_person", "here"), [(True, False), (False, True)], ids=["a person, queued", "a closing program, here"]
)
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_bits(
    whole: Whole, store: RunStore, epoch: int, by_a_person: bool, here: bool
) -> None:
    early = interrupted(store, store.start(whole.run.config), epoch, by_a_person=by_a_person)
    run = resumed(store, early, here)
    assert_equal_to(whole, store, run)
    assert notes(store, run)[-1] == f"Resumed after epoch {epoch}."
    log = (store.run_folder(run.id) / "train.log").read_text()
    assert log.count(f"\nResumed after epoch {epoch}.\n") == 1
    assert [line for line in log.splitlines() if line.startswith("Epoch ")] == [
        "Epoch 1",
        "Epoch 2",
        "Epoch 3",
        "Epoch 4",
    ]


def test_a_run_may_be_stopped_as_often_as_one_likes(whole: Whole, store: RunStore) -> None:
    run = interrupted(store, store.start(whole.run.config), 1, question=1)
    spent = [run.spent_seconds]
    for epoch, question in ((2, 5), (3, 2)):
        run = interrupted(store, store.resume_here(run.id), epoch, question, by_a_person=True)
        spent.append(run.spent_seconds)
    run = resumed(store, run)
    assert_equal_to(whole, store, run)
    spent.append(run.spent_seconds)
    assert spent == sorted(set(spent)), "every session's epochs are counted"
    assert run.spent_seconds == pytest.approx(sum(metrics.seconds for metrics in store.epochs(run.id)))


def test_a_run_stopped_before_its_first_epoch_begins_anew(sgd: Whole, store: RunStore) -> None:
    run = resumed(store, interrupted(store, store.start(sgd.run.config), 0, by_a_person=True))
    assert_equal_to(sgd, store, run)
    assert not any("Resumed" in line for line in RunFiles(store.run_folder(run.id)).log_tail(100))
