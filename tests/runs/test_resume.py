"""A run that was stopped and taken up again comes to the same bits as one that was left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cifar_core.data import find_augmentation
from cifar_core.data.augmentation import CutMix, MixUp
from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore, experiment
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.records import Claim
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.runs.run_files import CheckpointName
from cifar_core.training import AdamW, Sgd
from cifar_core.training.metrics import EpochMetrics
from cifar_core.training.step import TrainingStep
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


@pytest.fixture(scope="module")
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


def timeless(metrics: list[EpochMetrics]) -> list[EpochMetrics]:
    """What of the epochs does not depend on how busy the machine was."""
    return [replace(epoch, seconds=0.0, images_per_second=0.0) for epoch in metrics]


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


# Between the last epoch and the end


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to forbid any further step of training."""

    def step(self: TrainingStep, *arguments: object) -> None:
        raise AssertionError("it trains")

    return lambda: monkeypatch.setattr(TrainingStep, "__call__", step)


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


# Where files are missing or damaged


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


# Another place


def test_another_version_and_number_of_threads_are_told(
    sgd: Whole, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = interrupted(store, store.start(sgd.run.config), 2)
    elsewhere = {**early.environment, "torch": "9.9.9", "threads": "64"}
    monkeypatch.setattr(experiment, "environment", lambda: elsewhere)
    monkeypatch.setattr(experiment, "device_title", lambda device: "CPU (sparc64, 64 threads)")
    run = resumed(store, early)
    assert run.state == RunState.COMPLETED
    changes = [
        f"device {early.device} -> CPU (sparc64, 64 threads)",
        f"torch {torch.__version__} -> 9.9.9",
        f"threads {torch.get_num_threads()} -> 64",
    ]
    note = f"Resumed after epoch 2 ({', '.join(changes)}): the rest may differ in its last bits."
    assert notes(store, run)[-1] == note
    assert note in (store.run_folder(run.id) / "train.log").read_text().splitlines()
    assert (run.environment, run.device) == (elsewhere, "CPU (sparc64, 64 threads)")
