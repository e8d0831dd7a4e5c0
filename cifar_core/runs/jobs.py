"""TrainingJobs: the background thread that takes queued runs and drives them, one at a time."""

from __future__ import annotations

import atexit
import logging
import threading
import time

from cifar_core.errors import LabError, StoreError
from cifar_core.runs.heartbeat import HeldDevice, hold_device
from cifar_core.runs.records import Claim, ClaimLostError, RunState
from cifar_core.runs.store import RunStore
from cifar_core.runs.trials import Trial, TrialDesk
from cifar_core.runs.worker import Worker, WorkerDiedError, make_worker
from cifar_core.settings import WorkerKind, worker_kind

POLL_SECONDS = 1.0
"""How often the queue is looked at when nobody rings."""
MAX_PAUSE_SECONDS = 30.0
"""What fails again and again is tried at least so often."""
JOIN_SECONDS = 20.0
"""How long a closing program waits for the running batch."""
KILLED_SECONDS = 5.0

_starting = threading.Lock()


class TrainingJobs(threading.Thread):
    """Executes the queued runs of one store until the program ends, and between them the trials asked for."""

    def __init__(self, store: RunStore, kind: WorkerKind) -> None:
        super().__init__(name=_thread_name(store.url), daemon=True)
        self.trials = TrialDesk(self.ring)
        """Where pages ask for trials."""
        self.problem = ""
        """Why what waits cannot begin right now; else empty."""
        self._store = store
        self._worker: Worker = make_worker(kind, store)
        self._ring = threading.Event()
        self._warm = threading.Event()
        self._closing = threading.Event()
        self._untold: list[tuple[Claim, RunState, str]] = []
        """How runs ended that the store could not be told yet."""

    def run(self) -> None:
        """The thread's body."""
        failures = 0
        while not self._closing.is_set():
            pause = POLL_SECONDS
            try:
                busy = self._execute_next()
                self.problem, failures = "", 0
            except Exception as error:  # whatever broke must not end the queue; the database may be away for a while
                logging.getLogger(__name__).warning("%s", error, exc_info=not isinstance(error, LabError))
                busy, self.problem, failures = False, str(error), failures + 1
                pause = min(POLL_SECONDS * 2**failures, MAX_PAUSE_SECONDS)
            if not busy:
                self._ring.wait(pause)
                self._ring.clear()
        self._tell_ends()
        self._worker.close()

    @property
    def is_closing(self) -> bool:
        """Whether it takes no more runs."""
        return self._closing.is_set()

    def ring(self) -> None:
        """Says that something was asked for, so that it starts at once."""
        self._ring.set()

    def warm_up(self) -> None:
        """Says that a run may soon be asked for: what it needs is loaded behind the page."""
        self._warm.set()
        self._ring.set()

    def close(self) -> None:
        """Ends the thread after the running batch; a run under way becomes interrupted."""
        self._closing.set()
        self._ring.set()
        if not self.is_alive():
            return
        self.join(JOIN_SECONDS)
        if self.is_alive():
            self._worker.kill()
            self.join(KILLED_SECONDS)

    def _execute_next(self) -> bool:
        """Does one thing that waits; False if there is nothing that can be done now."""
        self._tell_ends()
        self._store.mark_vanished()
        if self._warm.is_set():
            self._warm.clear()
            self._worker.warm_up()
        waiting = self._store.next_queued()
        if waiting is not None:
            return self._execute_run(*waiting)
        trial = self.trials.next()
        return trial is not None and self._carry_out(trial)

    def _execute_run(self, run_id: str, wanted_device: str) -> bool:
        with hold_device(self._store, wanted_device) as held:
            if held is None:
                return False
            # Ready before the claim: a library that cannot be loaded must leave the queue as it is.
            self._worker.get_ready(lambda: self.is_closing)
            if self.is_closing:
                return False
            claim = self._store.claim_next(run_id)
            if claim is None:
                return True  # somebody was quicker, or stopped it
            held.claim = claim
            self._execute(claim, held)
        return True

    def _execute(self, claim: Claim, held: HeldDevice) -> None:
        try:
            self._worker.execute(claim, lambda: self.is_closing or held.is_lost)
        except WorkerDiedError as error:
            self._untold.append((claim, RunState.INTERRUPTED, str(error)))
        except Exception as error:  # it could not say by itself how the run ended
            self._untold.append((claim, RunState.FAILED, str(error)))
        self._tell_ends()

    def _tell_ends(self) -> None:
        """Tells the store how runs ended. What it cannot take now, a full disk perhaps, it is told again later."""
        for end in tuple(self._untold):
            try:
                self._store.report_end(*end)
            except ClaimLostError:
                pass  # somebody else has told it
            except StoreError as error:
                logging.getLogger(__name__).warning("%s", error)
                return
            self._untold.remove(end)

    def _carry_out(self, trial: Trial) -> bool:
        with hold_device(self._store, trial.config.training.device) as held:
            if held is None:
                return False
            asked_at, makes_way = time.monotonic(), False

            def should_stop() -> bool:
                nonlocal asked_at, makes_way
                if self.is_closing or held.is_lost or self.trials.is_cancelled(trial):
                    return True
                if time.monotonic() - asked_at > POLL_SECONDS:
                    asked_at = time.monotonic()
                    makes_way = makes_way or self._store.next_queued() is not None  # a run goes first
                return makes_way

            problem = ""
            self.trials.begin(trial)
            try:
                self._worker.carry_out(trial, should_stop)
            except LabError as error:
                problem = "" if should_stop() else str(error)
            finally:
                self.trials.end(trial, keep_wish=makes_way, problem=problem)
        return True


def living_thread(name: str) -> threading.Thread | None:
    """The background thread of this name, unless it is closing.

    The living threads themselves are the register. A variable of a module would not do: a page server re-imports
    modules after an edit and drops its caches on request, and would then start a second one. After a re-import its
    class is an older one, alike in use.
    """
    named = (thread for thread in threading.enumerate() if thread.name == name)
    return next((thread for thread in named if not getattr(thread, "is_closing", False)), None)


def training_jobs(store: RunStore, kind: WorkerKind | None = None) -> TrainingJobs:
    """The thread for a store, started on first use: one a process.

    Args:
        store: whose runs it takes.
        kind: of the worker of a new thread; by default what the environment says.

    Raises:
        SpecError: the environment names no kind of worker.
    """
    with _starting:
        there = living_thread(_thread_name(store.url))
        if there is not None:
            return there  # type: ignore[return-value]
        jobs = TrainingJobs(store, kind or worker_kind())
        jobs.start()
        # A thread that still computes while the interpreter goes down aborts the process.
        atexit.register(jobs.close)
        return jobs


def _thread_name(url: str) -> str:
    return f"cifar-lab-jobs {url}"
