"""What is left when the process that trains is killed with SIGKILL."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunFiles, RunState, RunStore
from cifar_core.runs.evaluation import predict_split
from cifar_core.training.checkpoint import load_checkpoint
from tests.runs.faults.common import assert_no_epoch_lost
from tests.tiny import PROJECT

CHILD = """
import sys, time
from pathlib import Path
from cifar_core.runs import RunStore, experiment
from tests.tiny import tiny_config
store = RunStore(folder=Path(sys.argv[1]))
asked = []
def hang():
    print("now", flush=True)
    time.sleep(600)
def should_stop():
    asked.append(1)
    # Five questions an epoch: this is the third batch of the third epoch.
    if len(asked) == 13 and sys.argv[2] == "training":
        hang()
    return False
if sys.argv[2] == "loading":
    experiment.load_run_data = lambda config: hang()
experiment.execute_run(store, store.start(tiny_config(epochs=2000)), experiment.RunListener(should_stop=should_stop))
"""


def the_run(store: RunStore) -> Run:
    (run,) = store.list_runs()
    return run


@pytest.mark.parametrize(("when", "epochs"), [("loading", 0), ("training", 2)])
def test_a_killed_run_is_interrupted_and_keeps_its_epochs(tmp_path: Path, when: str, epochs: int) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "runs"), when]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        before = the_run(store)
        assert before.state == RunState.RUNNING
        assert before.progress is not None
        process.send_signal(signal.SIGKILL)
        # Nobody has waited for the process yet: a zombie trains no more than a dead one.
        while process.poll() is None:
            assert the_run(store).state in (RunState.RUNNING, RunState.INTERRUPTED)
        run = the_run(store)
        assert (run.state, run.progress, run.epochs_done) == (RunState.INTERRUPTED, None, epochs)
        assert len(store.epochs(run.id)) == epochs
        assert_no_epoch_lost(store, run)
        assert (store.run_folder(run.id) / "config.json").is_file()
        if epochs:
            assert load_checkpoint(RunFiles(store.run_folder(run.id)).checkpoint("last")).epoch == epochs
            assert predict_split(store, run, "validation").accuracy == run.best_accuracy
        assert store.claim_next() is None
    process.communicate()
