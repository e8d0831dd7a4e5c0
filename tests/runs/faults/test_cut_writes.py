"""A run at whose n-th write, flush, rename or commit something goes wrong, for every n until nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import run_python

SWEEP = """
import errno, os, pathlib, signal, sqlite3, sys
from pathlib import Path
import torch
import torch._dynamo
torch.set_num_threads(1)
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from cifar_core.runs import RunState, RunStore, experiment
from tests.runs.faults.common import assert_all_over, assert_no_epoch_lost, assert_same_bits
from tests.runs.faults.common import checkpoint_of, executed, uninterrupted
from tests.tiny import tiny_config

folder, what = Path(sys.argv[1]), sys.argv[2]
config = tiny_config(epochs=2, limit_train=128)
experiment.PAUSES = (0.0, 0.0, 0.0)
real = {name: getattr(os, name) for name in ("fsync", "replace", "fdopen", "mkdir")}
real_open = pathlib.Path.open
calls, fatal = 0, 0
COMPLETED, FAILED, NOT_HIT = 4, 3, 0

def is_hit(call):
    return call == fatal or what in ("full", "flush") and call > fatal

def fails(name):
    # Counts an operation; true, or the end of this process, if it is one that does not come off.
    global calls
    if what == "flush" and name != "fsync":
        return False
    calls += 1
    if is_hit(calls) and what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return is_hit(calls)

def error():
    number = errno.ENOSPC if what == "full" or fatal % 2 else errno.EIO
    return OSError(number, os.strerror(number))

def deadly(name):
    def call(*arguments):
        if fails(name):
            raise error()
        return real[name](*arguments)
    return call

class Torn:
    # A file of whose content half is written when its write fails.
    def __init__(self, file):
        self.file = file
    def write(self, content):
        if what != "flush" and is_hit(calls + 1):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
        if fails("write"):
            raise error()
        return self.file.write(content)
    def writelines(self, lines):
        self.write("".join(lines))
    def flush(self):
        self.file.flush()
    def fileno(self):
        return self.file.fileno()
    def __enter__(self):
        return self
    def __exit__(self, *problem):
        self.file.close()

def torn_open(path, mode="r", **options):
    file = real_open(path, mode, **options)
    return Torn(file) if mode == "a" else file

def commit(connection):
    # A full disk is told of by a database that can still be written: else nobody could be told.
    if what != "full" and fails("commit"):
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

def with_the_fault(store, claim):
    # In a process of its own; how it ended is its exit status.
    for name in ("fsync", "replace", "mkdir"):
        setattr(os, name, deadly(name))
    os.fdopen = lambda *arguments: Torn(real["fdopen"](*arguments))
    pathlib.Path.open = torn_open
    event.listen(Engine, "commit", commit)
    run = experiment.execute_run(store, claim)
    if calls < fatal:
        return NOT_HIT if run.state == "completed" else 1
    return {"completed": COMPLETED, "failed": FAILED}[run.state]

whole_store, whole = uninterrupted(folder / "whole", config)
states = []
while True:
    fatal += 1
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store = RunStore(folder=folder / str(fatal))
            status = with_the_fault(store, store.start(config))
        finally:
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in ((-signal.SIGKILL, NOT_HIT) if what == "kill" else (COMPLETED, FAILED, NOT_HIT)), (fatal, status)
    store = RunStore(folder=folder / str(fatal))
    (run,) = store.list_runs()
    where = f"operation {fatal}: {run.state}, {run.epochs_done} epochs, {run.error}"
    try:
        assert_all_over(store)
        if run.state == RunState.COMPLETED:
            assert checkpoint_of(store, run, "last").epoch == run.epochs_done
            assert checkpoint_of(store, run, "previous").epoch == run.epochs_done - 1
        assert_no_epoch_lost(store, run)
        if status == FAILED:
            assert run.state == RunState.FAILED
            assert str(folder / str(fatal)) in run.error
            assert run.test_accuracy is None or run.epochs_done == whole.epochs_done
        if run.state != RunState.COMPLETED:
            run = executed(store, store.resume_here(run.id))
        assert_same_bits(store, run, whole_store, whole)
    except BaseException:
        print(where, file=sys.stderr)
        raise
    states.append(status)
    store.close()
    if status == NOT_HIT:
        break
print(len(states), states.count(COMPLETED), states.count(FAILED), states.count(-signal.SIGKILL))
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["kill", "error", "full", "flush"])
def test_wherever_a_run_is_cut_off_it_goes_on_to_the_same_bits(tmp_path: Path, what: str) -> None:
    result = run_python(SWEEP, tmp_path, what, timeout=280)
    assert result.returncode == 0, result.stderr
    operations, completed, failed, killed = map(int, result.stdout.split())
    # config.json, last.pt twice, best.pt at least once, two predictions: a write, two flushes and a rename each.
    assert operations > 6 * (2 if what == "flush" else 4)
    if what == "kill":
        assert killed == operations - 1
    else:
        assert completed + failed == operations - 1
        # An epoch is told again before its run is given up, and so is an end.
        assert (completed > 0) == (what == "error")
        assert failed >= 6 * 2
