"""Who executes a run: each is claimed once."""

from __future__ import annotations

import subprocess
import sys
import threading

from cifar_core.runs import RunState, RunStore
from tests.tiny import PROJECT, tiny_config

CONFIG = tiny_config()


def test_the_oldest_run_is_claimed_first_and_each_once(store: RunStore) -> None:
    ids = [store.enqueue(CONFIG).id for _ in range(3)]
    claims = [store.claim_next() for _ in range(4)]
    assert [claim and claim.run_id for claim in claims] == [*ids, None]
    assert [store.get(run_id).state for run_id in ids] == [RunState.RUNNING] * 3


def test_a_run_that_its_own_process_executes_is_never_queued(store: RunStore) -> None:
    claim = store.start(CONFIG)
    assert store.get(claim.run_id).state == RunState.RUNNING
    assert store.claim_next() is None


def test_threads_claim_each_run_once(store: RunStore) -> None:
    ids = {store.enqueue(CONFIG).id for _ in range(24)}
    taken: list[str] = []
    barrier = threading.Barrier(4)

    def take(own: RunStore) -> None:
        barrier.wait()
        while (claim := own.claim_next()) is not None:
            taken.append(claim.run_id)

    stores = [store, store, RunStore(folder=store.folder), RunStore(folder=store.folder)]
    threads = [threading.Thread(target=take, args=[own]) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(ids)
    assert set(taken) == ids


def test_processes_claim_each_run_once(store: RunStore) -> None:
    ids = {store.enqueue(CONFIG).id for _ in range(24)}
    code = """
import sys
from pathlib import Path
from cifar_core.runs import RunStore
store = RunStore(folder=Path(sys.argv[1]))
input()
while (claim := store.claim_next()) is not None:
    print(claim.run_id)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(store.folder)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [line for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert len(taken) == len(ids)
    assert set(taken) == ids
