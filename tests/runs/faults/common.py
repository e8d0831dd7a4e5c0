"""Runs that something happens to, and what must hold of them afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import psutil
import torch

from cifar_core.data import find_augmentation
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore
from cifar_core.runs.checkpoints import RunCheckpoints
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.heartbeat import hold_device
from cifar_core.runs.records import Claim
from cifar_core.runs.run_files import CheckpointName
from cifar_core.training.checkpoint import Checkpoint, load_checkpoint
from cifar_core.training.metrics import EpochMetrics
from tests.tiny import PROJECT, tiny_config

ENOUGH_SECONDS = 90.0
"""Far more than any of this takes: a test that waits so long has failed."""
WORKER_MODULE = "cifar_core.runs.worker_process"

APP = """
import sys
from pathlib import Path
from cifar_core.runs import RunStore, training_jobs
store = RunStore(folder=Path(sys.argv[1]))
training_jobs(store, sys.argv[2])
print("started", flush=True)
sys.stdin.read()
"""


def long_config(name: str = "long", **training: object) -> RunConfig:
    """Eight epochs of 64 batches, with dropout and augmentation: long enough to be hit in the middle of an epoch."""
    fields: dict[str, Any] = {"epochs": 8, "batch_size": 8, "limit_train": 512, **training}
    return tiny_config(name, augmentation=find_augmentation("assignment").spec, **fields)


def wait_for(condition: Callable[[], bool], seconds: float = ENOUGH_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to pass within {seconds:.0f} s"
        time.sleep(0.02)


def wait_until_mid_epoch(store: RunStore, run_id: str, epochs_done: int = 2) -> None:
    """Until a run has some epochs and is on the way to the next."""
    wait_for(lambda: store.get(run_id).epochs_done >= epochs_done)
    assert store.get(run_id).state == RunState.RUNNING


def workers_of(pid: int) -> list[psutil.Process]:
    """The worker processes that a process started."""
    try:
        family = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [member for member in family if _is_worker(member)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and WORKER_MODULE in process.cmdline()
    except psutil.NoSuchProcess:
        return False


@contextmanager
def app(folder: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    """A program that takes the queued runs of a store, until it is killed or its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", APP, str(folder), kind],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def uninterrupted(folder: Path, config: RunConfig) -> tuple[RunStore, Run]:
    """A run of a configuration that nothing happens to, in a store of its own."""
    store = RunStore(folder=folder)
    run = executed(store, store.start(config))
    assert run.state == RunState.COMPLETED, run.error
    return store, run


def executed(store: RunStore, claim: Claim, listener: RunListener | None = None) -> Run:
    """Executes a run as every program does: while it holds the device, and so is seen to live."""
    with hold_device(store, "cpu") as held:
        assert held is not None
        held.claim = claim
        return execute_run(store, claim, listener)


def files_of(store: RunStore, run: Run) -> RunFiles:
    return RunFiles(store.run_folder(run.id))


def checkpoint_of(store: RunStore, run: Run, which: CheckpointName) -> Checkpoint:
    return load_checkpoint(files_of(store, run).checkpoint(which))


def assert_no_epoch_lost(store: RunStore, run: Run) -> None:
    """Every epoch that was told of has its row, the newest and the best one their checkpoints; no file is torn."""
    files = files_of(store, run)
    assert [metrics.epoch for metrics in store.epochs(run.id)] == list(range(1, run.epochs_done + 1))
    if (files.folder / "config.json").exists():
        assert RunConfig.parse((files.folder / "config.json").read_bytes()) == run.config
    for split in get_args(EvaluationSplit):
        files.load_predictions(split)
    if run.epochs_done:
        checkpoints = RunCheckpoints(files)
        assert run.best_epoch is not None
        assert checkpoints.of_epoch(run.best_epoch, "best").epoch == run.best_epoch
        newest = checkpoints.newest(run.epochs_done)
        assert newest is not None, "an epoch that was told of is lost"
        assert newest.epoch == run.epochs_done, "an epoch that was told of is lost"


def assert_same_bits(store: RunStore, run: Run, whole_store: RunStore, whole: Run) -> None:
    """A completed run has the weights, the best checkpoint, the history and the accuracies of another one."""
    assert run.state == whole.state == RunState.COMPLETED, run.error
    names: tuple[CheckpointName, ...] = ("last", "best")
    for name in names:
        mine, other = checkpoint_of(store, run, name), checkpoint_of(whole_store, whole, name)
        assert mine.epoch == other.epoch
        assert _same(mine.network, other.network)
        assert _same(mine.optimizer, other.optimizer)
    assert timeless(store.epochs(run.id)) == timeless(whole_store.epochs(whole.id))
    figures = ("epochs_done", "best_epoch", "best_accuracy", "last_accuracy", "clean_train_accuracy", "test_accuracy")
    assert [getattr(run, name) for name in figures] == [getattr(whole, name) for name in figures]
    for split in get_args(EvaluationSplit):
        predictions = files_of(store, run).load_predictions(split)
        assert predictions is not None
        assert predictions.epoch == run.best_epoch


def _same(mine: object, other: object) -> bool:
    """Whether two nested states agree to the bit."""
    if isinstance(mine, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(mine, other)
    if isinstance(mine, dict):
        return isinstance(other, dict) and mine.keys() == other.keys() and all(_same(mine[k], other[k]) for k in mine)
    if isinstance(mine, list | tuple):
        return isinstance(other, list | tuple) and len(mine) == len(other) and all(map(_same, mine, other))
    return mine == other


def timeless(metrics: list[EpochMetrics]) -> list[EpochMetrics]:
    """What of the epochs does not depend on how busy the machine was."""
    return [replace(epoch, seconds=0.0, images_per_second=0.0) for epoch in metrics]


def assert_all_over(store: RunStore) -> None:
    """No run is shown as waiting or running."""
    assert all(run.state.is_over for run in store.list_runs(limit=1000))


def history(store: RunStore) -> list[tuple[str, str, str]]:
    """(run, time, state) of everything that happened, in order."""
    with closing(sqlite3.connect(store.folder / "runs.db")) as database:
        return database.execute("SELECT run_id, at, state FROM event ORDER BY id").fetchall()
