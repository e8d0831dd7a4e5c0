from __future__ import annotations

from pathlib import Path

from tests.tiny import run_python

PROGRAM = """
import gc
before = gc.get_freeze_count()
kept = [[] for _ in range(1000)]
from cifar_core.collector import exempt_loaded_objects
exempt_loaded_objects()
assert gc.get_freeze_count() - before > 1000
assert len(gc.get_objects()) < 1000
loop = []
loop.append(loop)
del loop
assert gc.collect() >= 1
print("ok")
"""


def test_what_is_loaded_is_spared_and_what_comes_later_is_collected() -> None:
    assert run_python(PROGRAM).stdout.strip() == "ok"


def test_training_thread_spares_the_libraries_that_it_loaded(tmp_path: Path) -> None:
    program = """
import gc, sys, time
from pathlib import Path
from cifar_core.runs import RunStore, training_jobs
from pathlib import Path

from tests.tiny import tiny_config
store = RunStore(folder=Path(sys.argv[1]))
run = store.enqueue(tiny_config())
jobs = training_jobs(store)
while not store.get(run.id).state.is_over:
    time.sleep(0.1)
jobs.close()
print(store.get(run.id).state, gc.get_freeze_count() > 100_000)
"""
    assert run_python(program, tmp_path).stdout.strip() == "completed True"
