"""Files that grow too large for the process that trains, and names that are taken."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from cifar_core.runs import Run, RunState, RunStore, experiment, training_jobs
from cifar_core.training import Sgd
from tests.runs.faults.common import (
    app,
    assert_all_over,
    assert_no_epoch_lost,
    assert_same_bits,
    checkpoint_of,
    executed,
    files_of,
    long_config,
    uninterrupted,
    wait_for,
    wait_until_mid_epoch,
    workers_of,
)
from tests.tiny import tiny_config

limits = pytest.mark.skipif(sys.platform != "linux", reason="another process's limits can be set on Linux alone")
UNLIMITED = -1


def limit_files(process: psutil.Process, size: int) -> None:
    """Lets a process write no file beyond a size in bytes: what it tries then fails, as on a full disk."""
    process.rlimit(psutil.RLIMIT_FSIZE, (size, UNLIMITED))


@limits
@pytest.mark.slow
def test_a_checkpoint_too_large_for_the_disk_fails_the_run_and_the_last_one_stays(
    store: RunStore, cleanup: ExitStack, tmp_path: Path
) -> None:
    wide = {
        "name": "wide",
        "nodes": [{"type": "conv", "out_channels": 8, "padding": 1}],
        "head": [{"type": "flatten"}, {"type": "linear", "out_features": 128}, {"type": "linear", "out_features": 10}],
    }
    config = tiny_config(epochs=6, batch_size=8, optimizer=Sgd(learning_rate=0.001)).changed(architecture=wide)
    run = store.enqueue(config)
    cleanup.enter_context(closing(training_jobs(store, "process")))
    wait_until_mid_epoch(store, run.id)
    (worker,) = workers_of(os.getpid())
    # Enough for the database, not for 8 MB of weights and momenta.
    limit_files(worker, 6_000_000)
    wait_for(lambda: store.get(run.id).state.is_over)
    failed = store.get(run.id)
    path = files_of(store, run).checkpoint("last")
    assert (failed.state, failed.error) == (RunState.FAILED, f"{path} cannot be written: File too large.")
    assert checkpoint_of(store, run, "last").epoch == failed.epochs_done < 6
    assert not list(path.parent.glob(".*")), "half a file is left"
    assert_no_epoch_lost(store, failed)

    limit_files(worker, UNLIMITED)
    store.resume(run.id)
    whole_store, whole = uninterrupted(tmp_path / "whole", config)
    wait_for(lambda: store.get(run.id).state.is_over)
    with closing(whole_store):
        assert_same_bits(store, store.get(run.id), whole_store, whole)


@limits
@pytest.mark.slow
def test_an_end_that_the_store_cannot_take_is_told_as_soon_as_it_can(
    store: RunStore, whole: tuple[RunStore, Run]
) -> None:
    run = store.enqueue(long_config())
    with app(store.folder, "process") as program:
        wait_until_mid_epoch(store, run.id)
        family = [psutil.Process(program.pid), *workers_of(program.pid)]
        for process in family:
            limit_files(process, 1)
        epochs = store.get(run.id).epochs_done
        # Longer than it insists, and not so long that nobody believes any more that it lives.
        time.sleep(sum(experiment.PAUSES) + 2)
        assert store.get(run.id).state == RunState.RUNNING
        assert store.get(run.id).epochs_done <= epochs + 1
        for process in family:
            limit_files(process, UNLIMITED)
        wait_for(lambda: store.get(run.id).state.is_over, 10)
        failed = store.get(run.id)
        assert failed.state == RunState.FAILED
        assert failed.error is not None
        assert str(store.folder) in failed.error
        assert_no_epoch_lost(store, failed)
        store.resume(run.id)
        # The device could not be given back either: that must not keep the program waiting for itself.
        wait_for(lambda: store.get(run.id).state != RunState.QUEUED, 10)
        wait_for(lambda: store.get(run.id).state.is_over)
    assert_same_bits(store, store.get(run.id), *whole)
    assert_all_over(store)


@pytest.mark.parametrize("name", ["previous", "best"])
def test_a_folder_in_a_checkpoint_s_place_fails_the_run_until_it_is_gone(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(experiment, "PAUSES", (0.0, 0.0, 0.0))
    config = tiny_config(epochs=5)
    claim = store.start(config)
    in_the_way = store.run_folder(claim.run_id) / "checkpoints" / f"{name}.pt"
    in_the_way.mkdir(parents=True)
    failed = executed(store, claim)
    assert (failed.state, failed.error) == (RunState.FAILED, f"{in_the_way} cannot be written: Is a directory.")
    assert failed.epochs_done == 1
    assert_no_epoch_lost(store, failed)
    in_the_way.rmdir()
    whole_store, whole = uninterrupted(tmp_path / "whole", config)
    with closing(whole_store):
        assert_same_bits(store, executed(store, store.resume_here(failed.id)), whole_store, whole)
