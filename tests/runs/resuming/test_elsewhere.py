"""A run taken up again on another machine."""

from __future__ import annotations

import pytest
import torch

from cifar_core.runs import RunState, RunStore, experiment
from tests.runs.resuming.common import Whole, interrupted, notes, resumed


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
