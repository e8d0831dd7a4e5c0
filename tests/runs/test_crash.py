"""What is left when the process that trains is killed with SIGKILL."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore
from cifar_core.runs.evaluation import predict_split
from cifar_core.training.checkpoint import load_checkpoint
from tests.tiny import PROJECT, run_python

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

SWEEP = """
import os, signal, sys
from pathlib import Path
import torch
import torch._dynamo
torch.set_num_threads(1)
from cifar_core.runs import RunStore, experiment
from cifar_core.runs.run_data import load_run_data
from tests.tiny import tiny_config
config = tiny_config(epochs=2)
load_run_data(config).augment()  # what is slow to import is imported once, before the forks
real = {name: getattr(os, name) for name in ("fsync", "replace")}
for fatal in range(1, 200):
    child = os.fork()
    if child == 0:
        calls = 0
        def deadly(name):
            def call(*arguments):
                global calls
                calls += 1
                if calls == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real[name](*arguments)
            return call
        for name in real:
            setattr(os, name, deadly(name))
        store = RunStore(folder=Path(sys.argv[1]) / str(fatal))
        run = experiment.execute_run(store, store.start(config))
        os._exit(0 if run.state == "completed" else 3)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        print(os.waitstatus_to_exitcode(status), fatal)
        break
"""


def the_run(store: RunStore) -> Run:
    (run,) = store.list_runs()
    return run


def assert_nothing_torn(store: RunStore, run: Run) -> None:
    """Every file that has its name is whole, and there is at least what the row tells of."""
    files = RunFiles(store.run_folder(run.id))
    config = files.folder / "config.json"
    if config.exists():
        assert RunConfig.parse(config.read_bytes()) == run.config
    assert [metrics.epoch for metrics in store.epochs(run.id)] == list(range(1, run.epochs_done + 1))
    if run.epochs_done:
        assert run.epochs_done <= load_checkpoint(files.checkpoint("last")).epoch <= run.epochs_done + 1
        assert load_checkpoint(files.checkpoint("best")).epoch in (run.best_epoch, run.epochs_done + 1)
    for split in ("validation", "test"):
        files.load_predictions("test" if split == "test" else "validation")


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
        assert_nothing_torn(store, run)
        assert (store.run_folder(run.id) / "config.json").is_file()
        if epochs:
            assert load_checkpoint(RunFiles(store.run_folder(run.id)).checkpoint("last")).epoch == epochs
            assert predict_split(store, run, "validation").accuracy == run.best_accuracy
        assert store.claim_next() is None
    process.communicate()


@pytest.mark.slow
def test_wherever_a_write_is_cut_off_nothing_is_torn(tmp_path: Path) -> None:
    result = run_python(SWEEP, tmp_path)
    assert result.returncode == 0, result.stderr
    code, last = result.stdout.split()
    assert code == "0", result.stderr
    states = []
    for fatal in range(1, int(last) + 1):
        with closing(RunStore(folder=tmp_path / str(fatal))) as store:
            run = the_run(store)
            states.append(run.state)
            assert_nothing_torn(store, run)
    assert states == [*[RunState.INTERRUPTED] * (int(last) - 1), RunState.COMPLETED]
    # config.json, last.pt twice and best.pt at least once, two predictions: three calls each.
    assert int(last) > 3 * 6
