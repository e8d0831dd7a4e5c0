"""Runs that fail: on missing images, full disks, losses that are no numbers, a store that is away."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import torch

from cifar_core.errors import StoreError
from cifar_core.runs import RunState, RunStore, experiment
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.training import Sgd
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.loop import DivergedError
from cifar_core.training.metrics import EpochMetrics, StepProgress
from tests.runs.executing import executed, files_of
from tests.tiny import tiny_config


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries to tell the store something."""
    monkeypatch.setattr(experiment, "PAUSES", (0.0, 0.0, 0.0))


def test_missing_images_fail_the_run_with_their_sentence(store: RunStore, no_cifar10: Path) -> None:
    run = executed(store, tiny_config(dataset="cifar10"))
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert run.error.startswith(f"CIFAR-10 is not in {no_cifar10}: run `python -m cifar_core data fetch`")


@pytest.mark.parametrize("blocked", ["", "checkpoints"])
def test_a_folder_that_cannot_be_written_fails_the_run_and_is_named(store: RunStore, blocked: str) -> None:
    claim = store.start(tiny_config())
    path = store.run_folder(claim.run_id) / blocked
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way")
    run = execute_run(store, claim)
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert str(store.run_folder(run.id)) in run.error
    assert "cannot be" in run.error


def test_a_disk_that_fills_up_fails_the_run_and_keeps_the_epochs(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def fill(metrics: EpochMetrics) -> None:
        def full(*arguments: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        if metrics.epoch == 2:
            monkeypatch.setattr(os, "replace", full)

    run = executed(store, tiny_config(epochs=5), RunListener(on_epoch=fill))
    monkeypatch.setattr(os, "replace", real)
    path, previous = files_of(store, run).checkpoint("last"), files_of(store, run).checkpoint("previous")
    assert (run.state, run.error) == (RunState.FAILED, f"{previous} cannot be written: No space left on device.")
    assert [metrics.epoch for metrics in store.epochs(run.id)] == [1, 2]
    assert load_checkpoint(path).epoch == 2


def test_a_diverging_run_is_told_from_a_failed_one(store: RunStore) -> None:
    def poison(progress: StepProgress) -> None:
        if progress.epoch == 2:
            raise DivergedError("The loss became nan in epoch 2: try a lower learning rate.")

    run = executed(store, tiny_config(epochs=3), RunListener(on_progress=poison))
    assert (run.state, run.error) == (
        RunState.DIVERGED,
        "The loss became nan in epoch 2: try a lower learning rate.",
    )
    assert run.epochs_done == 1


def test_a_loss_that_explodes_is_a_diverged_run(store: RunStore) -> None:
    base = tiny_config(epochs=20, optimizer=Sgd(learning_rate=10, momentum=0.99, weight_decay=0.99))
    linear = {
        "name": "linear",
        "nodes": [{"type": "conv", "out_channels": 8, "stride": 4}],
        "head": [{"type": "flatten"}, {"type": "linear", "out_features": 10}],
    }
    run = executed(store, base.changed(architecture=linear))
    assert run.state == RunState.DIVERGED
    assert run.error is not None
    assert "try a lower learning rate" in run.error


def test_what_nobody_expected_fails_the_run_and_the_log_keeps_the_traceback(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> str:
        return str(1 // 0)

    monkeypatch.setattr(experiment, "train", broken)
    run = executed(store, tiny_config())
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert run.error.startswith("ZeroDivisionError: ")
    log = "\n".join(files_of(store, run).log_tail(40))
    assert log.startswith("Traceback (most recent call last):")
    assert "in broken" in log


def test_a_store_that_fails_for_a_moment_fails_the_run_but_not_its_end(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*arguments: object) -> None:
        raise StoreError("The run store cannot be used: database is locked.")

    monkeypatch.setattr(store, "report_epoch", locked)
    run = executed(store, tiny_config())
    assert (run.state, run.error) == (RunState.FAILED, "The run store cannot be used: database is locked.")


def test_a_gpu_that_is_not_there_fails_the_run(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run = executed(store, tiny_config(device="cuda"))
    assert (run.state, run.error is not None and "no GPU" in run.error) == (RunState.FAILED, True)


def test_queued_run_with_an_unreadable_configuration_fails(own_store: Path) -> None:
    store = RunStore()
    run = store.enqueue(tiny_config())
    with sqlite3.connect(own_store / "runs.db") as connection:
        connection.execute("UPDATE run SET config_json = '{'")
    claim = store.claim_next()
    assert claim is not None
    with pytest.raises(StoreError, match="cannot be read"):
        execute_run(store, claim)
    with sqlite3.connect(own_store / "runs.db") as connection:
        assert connection.execute("SELECT id, state FROM run").fetchall() == [(run.id, "failed")]


def test_end_is_told_again_when_the_store_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    store, tries = RunStore(), []
    real = store.report_end

    def away_twice(*arguments: Any) -> None:
        tries.append(arguments)
        if len(tries) < 3:
            raise StoreError("The database is locked.")
        real(*arguments)

    monkeypatch.setattr(store, "report_end", away_twice)
    monkeypatch.setattr(experiment, "PAUSES", (0.0, 0.0, 0.0))
    assert execute_run(store, store.start(tiny_config())).state == RunState.COMPLETED
    assert len(tries) == 3
