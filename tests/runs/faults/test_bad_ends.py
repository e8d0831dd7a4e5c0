"""Losses that are no numbers, memory that runs out, checkpoints that are damaged."""

from __future__ import annotations

import math
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import torch

from cifar_core.analysis.curves import run_curve
from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore, training_jobs
from cifar_core.runs.experiment import RunListener
from cifar_core.runs.run_files import CheckpointName
from cifar_core.training import Sgd
from cifar_core.training.metrics import EpochMetrics
from cifar_core.training.step import TrainingStep
from cifar_core.ui.figures.curves import curves_figure
from tests.runs.faults.common import (
    assert_all_over,
    assert_no_epoch_lost,
    assert_same_bits,
    checkpoint_of,
    executed,
    files_of,
    uninterrupted,
    wait_for,
)
from tests.tiny import tiny_config

CONFIG = tiny_config(epochs=5)


def exploding() -> RunConfig:
    """Without normalization, at a rate that is far too high, but rises to it over the epochs."""
    linear = {
        "name": "linear",
        "nodes": [{"type": "conv", "out_channels": 8, "stride": 4}],
        "head": [{"type": "flatten"}, {"type": "linear", "out_features": 10}],
    }
    base = tiny_config(epochs=20, optimizer=Sgd(learning_rate=10, momentum=0.99, weight_decay=0.99))
    return base.changed(architecture=linear)


def test_a_loss_that_explodes_leaves_the_last_finite_epoch(store: RunStore) -> None:
    run = executed(store, store.start(exploding()))
    assert run.state == RunState.DIVERGED
    assert run.error is not None
    assert "try a lower learning rate" in run.error
    assert 1 <= run.epochs_done < 20
    assert_no_epoch_lost(store, run)
    last = checkpoint_of(store, run, "last")
    assert last.epoch == run.epochs_done
    assert all(tensor.isfinite().all() for tensor in last.network.values())
    with pytest.raises(SpecError, match="is diverged"):
        store.resume(run.id)

    epochs = store.epochs(run.id)
    assert all(math.isfinite(metrics.train_loss) and math.isfinite(metrics.eval_loss) for metrics in epochs)
    figure = curves_figure([run_curve(run.name, epochs, "validation")], by_time=False, smoothing=0, with_trained=True)
    assert set(figure.data["panel"]) >= {"Accuracy", "Loss (nats)"}
    assert figure.data[["x", "value"]].notna().all(axis=None)


class Starved:
    """A training step for which there is no memory any more after a few batches of the first run."""

    def __init__(self, kind: str) -> None:
        self._kind, self._batches = kind, 0

    def __call__(self) -> None:
        self._batches += 1
        if self._batches == 6:
            if self._kind == "GPU":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            torch.empty(1 << 55)


@pytest.mark.parametrize("kind", ["GPU", "machine"])
def test_memory_that_runs_out_fails_the_run_with_advice_and_the_queue_goes_on(
    store: RunStore, cleanup: ExitStack, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    starved, real = Starved(kind), TrainingStep.__call__

    def step(self: TrainingStep, *arguments: Any) -> Any:
        starved()
        return real(self, *arguments)

    monkeypatch.setattr(TrainingStep, "__call__", step)
    run, next_one = store.enqueue(CONFIG), store.enqueue(tiny_config("next"))
    cleanup.enter_context(closing(training_jobs(store, "thread")))
    wait_for(lambda: store.get(next_one.id).state == RunState.COMPLETED)
    failed = store.get(run.id)
    assert (failed.state, failed.error, failed.epochs_done) == (
        RunState.FAILED,
        f"The {kind} ran out of memory at batch size 64: try 32.",
        1,
    )
    assert_no_epoch_lost(store, failed)
    assert_all_over(store)


# Damaged checkpoints


def stopped_after_the_fourth(store: RunStore) -> Run:
    told: list[EpochMetrics] = []
    listener = RunListener(on_epoch=told.append, should_stop=lambda: len(told) == 4)
    run = executed(store, store.start(CONFIG), listener)
    assert (run.state, run.epochs_done) == (RunState.INTERRUPTED, 4)
    return run


def truncate(files: RunFiles, *names: CheckpointName) -> None:
    for name in names:
        path = files.checkpoint(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def trained_epochs(files: RunFiles) -> list[int]:
    """Every epoch that the log tells of, in order."""
    return [int(line.removeprefix("Epoch ")) for line in files.log_tail(1000) if line.startswith("Epoch ")]


def test_a_truncated_checkpoint_costs_one_epoch(store: RunStore, tmp_path: Path) -> None:
    whole_store, whole = uninterrupted(tmp_path / "whole", CONFIG)
    run = stopped_after_the_fourth(store)
    files = files_of(store, run)
    truncate(files, "last")
    resumed = executed(store, store.resume_here(run.id))
    assert trained_epochs(files) == [1, 2, 3, 4, 4, 5]
    assert "Resumed after epoch 3, since no later checkpoint can be read." in files.log_tail(1000)
    assert_same_bits(store, resumed, whole_store, whole)
    whole_store.close()


def test_without_both_last_checkpoints_it_goes_on_from_the_best(store: RunStore, tmp_path: Path) -> None:
    whole_store, whole = uninterrupted(tmp_path / "whole", CONFIG)
    run = stopped_after_the_fourth(store)
    files, best = files_of(store, run), run.best_epoch
    assert best is not None
    assert checkpoint_of(store, run, "best").epoch == best
    truncate(files, "last", "previous")
    resumed = executed(store, store.resume_here(run.id))
    assert trained_epochs(files) == [1, 2, 3, 4, *range(best + 1, 6)]
    assert f"Resumed after epoch {best}, since no later checkpoint can be read." in files.log_tail(1000)
    assert_same_bits(store, resumed, whole_store, whole)
    whole_store.close()


def test_without_any_checkpoint_it_begins_anew_and_says_so(store: RunStore, tmp_path: Path) -> None:
    whole_store, whole = uninterrupted(tmp_path / "whole", CONFIG)
    run = stopped_after_the_fourth(store)
    files = files_of(store, run)
    truncate(files, "last", "previous", "best")
    resumed = executed(store, store.resume_here(run.id))
    assert trained_epochs(files) == [1, 2, 3, 4, 1, 2, 3, 4, 5]
    assert "Begun anew, since what it needs of its checkpoints cannot be read." in files.log_tail(1000)
    assert_same_bits(store, resumed, whole_store, whole)
    whole_store.close()
