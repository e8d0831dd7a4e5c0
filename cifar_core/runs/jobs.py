"""TrainingJobs: the background thread that takes queued runs and drives them, one at a time."""

from __future__ import annotations

import atexit
import logging
import threading

from cifar_core.collector import exempt_loaded_objects
from cifar_core.errors import LabError
from cifar_core.runs.records import RunState
from cifar_core.runs.store import RunStore

POLL_SECONDS = 1.0
"""How often the queue is looked at when nobody rings."""
JOIN_SECONDS = 20.0
"""How long a closing program waits for the running batch."""

_starting = threading.Lock()


class TrainingJobs(threading.Thread):
    """Executes the queued runs of one store in this thread until the program ends."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(name=_thread_name(store.url), daemon=True)
        self._store = store
        self._ring = threading.Event()
        self._closing = threading.Event()

    def run(self) -> None:
        """The thread's body."""
        while not self._closing.is_set():
            try:
                busy = self._execute_next()
            except Exception as error:  # whatever broke must not end the queue; the database may be away for a while
                logging.getLogger(__name__).warning("%s", error, exc_info=not isinstance(error, LabError))
                busy = False
            if not busy:
                self._ring.wait(POLL_SECONDS)
                self._ring.clear()

    @property
    def is_closing(self) -> bool:
        """Whether it takes no more runs."""
        return self._closing.is_set()

    def ring(self) -> None:
        """Says that a run was queued, so that it starts at once."""
        self._ring.set()

    def close(self) -> None:
        """Ends the thread after the running batch; a run under way becomes interrupted."""
        self._closing.set()
        self._ring.set()
        self.join(JOIN_SECONDS)

    def _execute_next(self) -> bool:
        if not self._store.count_runs((RunState.QUEUED,)):
            return False
        # Imported only now: this needs torch, and a program that never trains must not wait for it. And imported before
        # the claim: a library that cannot be loaded must leave the queue as it is.
        from cifar_core.runs.experiment import RunListener, execute_run

        exempt_loaded_objects()
        claim = self._store.claim_next()
        if claim is None:
            return False
        execute_run(self._store, claim, RunListener(should_stop=self._closing.is_set))
        return True


def training_jobs(store: RunStore) -> TrainingJobs:
    """The thread for a store, started on first use: one a process.

    The living threads themselves are the register. A variable of this module would not do: a page server re-imports
    modules after an edit and drops its caches on request, and would then start a second trainer.
    """
    with _starting:
        for thread in threading.enumerate():
            if thread.name == _thread_name(store.url) and not getattr(thread, "is_closing", False):
                return thread  # type: ignore[return-value]  # after a re-import its class is an older one, alike in use
        jobs = TrainingJobs(store)
        jobs.start()
        # A thread that still computes while the interpreter goes down aborts the process.
        atexit.register(jobs.close)
        return jobs


def _thread_name(url: str) -> str:
    return f"cifar-lab-jobs {url}"
