"""Runs that are interrupted and taken up again, and what must be equal of them in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cifar_core.data import find_augmentation
from cifar_core.data.augmentation import CutMix, MixUp
from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.records import Claim
from cifar_core.runs.run_files import CheckpointName
from cifar_core.training import AdamW, Sgd
from cifar_core.training.metrics import EpochMetrics
from tests.runs.executing import timeless
from tests.tiny import tiny_config
from tests.training.test_resume import assert_same

EPOCHS = 4
FIGURES = ("epochs_done", "best_epoch", "best_accuracy", "last_accuracy", "clean_train_accuracy", "test_accuracy")
CHECKPOINTS: tuple[CheckpointName, ...] = ("last", "previous", "best")
RECIPES: dict[str, dict[str, object]] = {
    "sgd": {"optimizer": Sgd(learning_rate=0.2)},
    "adamw, averaged and clipped, batched": {
        "optimizer": AdamW(learning_rate=0.01),
        "ema_decay": 0.9,
        "clip_norm": 0.5,
        "augmentation_engine": "batched",
    },
}


@dataclass(frozen=True)
class Whole:
    """A run that nobody interrupted, and where it lies."""

    store: RunStore
    run: Run


def config_of(recipe: str) -> RunConfig:
    """The tiny network has dropout; the augmentation is that of the assignment, and mixes batches."""
    augmentation = find_augmentation("assignment").spec.model_copy(update={"batch": (MixUp(), CutMix())})
    return tiny_config(augmentation=augmentation, epochs=EPOCHS, **RECIPES[recipe])  # type: ignore[arg-type]


class Interrupter:
    """Asks to stop at a question behind an epoch, or when that epoch is stored."""

    def __init__(self, epoch: int, question: int, ask: Callable[[], bool]) -> None:
        self.done, self.asked = 0, 0
        self._epoch, self._question, self._ask = epoch, question, ask

    def on_epoch(self, metrics: EpochMetrics) -> None:
        self.done = metrics.epoch

    def should_stop(self) -> bool:
        if self.done == self._epoch:
            self.asked += 1
            return self.asked == self._question and self._ask()
        return False


def interrupted(store: RunStore, claim: Claim, epoch: int, question: int = 3, by_a_person: bool = False) -> Run:
    """Executes until a question behind an epoch: five of them make an epoch, the last one in its evaluation."""

    def ask() -> bool:
        if by_a_person:
            store.request_stop(claim.run_id)
        return not by_a_person  # a person's wish is read in the store

    interrupter = Interrupter(epoch, question, ask)
    run = execute_run(store, claim, RunListener(on_epoch=interrupter.on_epoch, should_stop=interrupter.should_stop))
    assert run.state == (RunState.STOPPED if by_a_person else RunState.INTERRUPTED)
    assert (run.epochs_done, run.test_accuracy) == (epoch, None)
    return run


def resumed(store: RunStore, run: Run, here: bool = False) -> Run:
    """Takes a run up again and finishes it, in a process whose random generators stand elsewhere."""
    torch.manual_seed(1234)
    np.random.seed(1234)  # albumentations must not read it
    if here:
        claim: Claim | None = store.resume_here(run.id)
    else:
        store.resume(run.id)
        claim = store.claim_next()
    assert claim is not None
    return execute_run(store, claim)


def notes(store: RunStore, run: Run) -> list[str]:
    return [event.note for event in store.history(run.id) if event.note]


def checkpoint(store: RunStore, run: Run, which: CheckpointName) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(RunFiles(store.run_folder(run.id)).checkpoint(which), weights_only=True)
    return content


def assert_equal_to(whole: Whole, store: RunStore, run: Run) -> None:
    """Everything that the two runs left behind, to the last bit."""
    assert (run.state, run.error) == (RunState.COMPLETED, None)
    for name in FIGURES:
        assert getattr(run, name) == getattr(whole.run, name), name
    assert timeless(store.epochs(run.id)) == timeless(whole.store.epochs(whole.run.id))
    for which in CHECKPOINTS:  # parameters, buffers, averages, and what the optimizer remembers
        assert_same(checkpoint(store, run, which), checkpoint(whole.store, whole.run, which))
    mine, theirs = RunFiles(store.run_folder(run.id)), RunFiles(whole.store.run_folder(whole.run.id))
    for split in ("validation", "test"):
        one, other = (np.load(files.folder / f"predictions-{split}.npz") for files in (mine, theirs))
        with one, other:
            assert set(one) == set(other) == {"index", "target", "probabilities", "epoch"}
            for array in one:
                np.testing.assert_array_equal(one[array], other[array])
    watched, expected = store.watched(run.id), whole.store.watched(whole.run.id)
    assert watched is not None
    assert expected is not None
    assert (watched.index, watched.epochs) == (expected.index, expected.epochs)
    np.testing.assert_array_equal(watched.probabilities, expected.probabilities)
