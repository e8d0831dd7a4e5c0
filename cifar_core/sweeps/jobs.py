"""SweepJobs: the background thread that drives the sweeps of a store."""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading

from cifar_core.errors import LabError
from cifar_core.runs import RunStore, TrainingJobs
from cifar_core.runs.heartbeat import HeldDevice, hold
from cifar_core.sweeps.cluster.driver import ClusterDriver
from cifar_core.sweeps.driver import SweepDriver

LOOK_SECONDS = 0.5
"""Between looks at a sweep: what a trial waits for at most before the next one begins."""
IDLE_SECONDS = 2.0
"""Between looks for sweeps where none is under way."""
JOIN_SECONDS = 5.0

_starting = threading.Lock()


def sweep_key(sweep_id: str) -> str:
    """Of the lease of whoever drives a sweep: one program at a time."""
    return f"sweep/{sweep_id}"


class SweepJobs(threading.Thread):
    """Drives every running sweep that no other program drives, until the program ends."""

    def __init__(self, store: RunStore, jobs: TrainingJobs) -> None:
        super().__init__(name=_thread_name(store.url), daemon=True)
        self._store, self._jobs = store, jobs
        self._ring = threading.Event()
        self._closing = threading.Event()

    @property
    def is_closing(self) -> bool:
        """Whether it drives nothing more."""
        return self._closing.is_set()

    def ring(self) -> None:
        """Says that a sweep was started, so that it begins at once."""
        self._ring.set()

    def run(self) -> None:
        """The thread's body."""
        while not self.is_closing:
            try:
                waiting = [sweep.id for sweep in self._store.list_sweeps() if sweep.state.is_open]
                busy = [sweep_id for sweep_id in waiting if self._drive(sweep_id)]
            except Exception as error:  # whatever broke must not end the thread; the database may be away for a while
                logging.getLogger(__name__).warning("%s", error, exc_info=not isinstance(error, LabError))
                busy = []
            if not busy:
                self._ring.wait(IDLE_SECONDS)
                self._ring.clear()

    def close(self) -> None:
        """Ends the thread; its sweeps stay running, for the next program that drives sweeps."""
        self._closing.set()
        self._ring.set()
        if self.is_alive():
            self.join(JOIN_SECONDS)

    def _drive(self, sweep_id: str) -> bool:
        """Drives a sweep to its end; False where another program does."""
        with hold(self._store, sweep_key(sweep_id)) as held:
            if held is None:
                return False
            try:
                self._look_until_over(driver_of(self._store, sweep_id), held)
            except LabError as error:
                logging.getLogger(__name__).warning("Sweep %s: %s", sweep_id, error)
                with contextlib.suppress(LabError):
                    self._store.note_sweep_problem(sweep_id, str(error))
                return False
        return True

    def _look_until_over(self, driver: SweepDriver | ClusterDriver, held: HeldDevice) -> None:
        while not (self.is_closing or held.is_lost):
            step = driver.step()
            if step.is_over:
                return
            if step.started is not None:
                self._jobs.ring()
            self._ring.wait(LOOK_SECONDS)
            self._ring.clear()


def driver_of(store: RunStore, sweep_id: str) -> SweepDriver | ClusterDriver:
    """What drives a sweep, here or on its cluster.

    Raises:
        SpecError: there is no such sweep, or Ray is missing.
        StoreError: it cannot be read.
    """
    sweep = store.get_sweep(sweep_id)
    return SweepDriver(store, sweep.id) if sweep.cluster_json is None else ClusterDriver(store, sweep.id)


def sweep_jobs(store: RunStore, jobs: TrainingJobs) -> SweepJobs:
    """The thread for a store, started on first use: one a process, for the reasons of `training_jobs`.

    Args:
        store: whose sweeps it drives.
        jobs: what trains their runs; it is told of each.
    """
    with _starting:
        for thread in threading.enumerate():
            if thread.name == _thread_name(store.url) and not getattr(thread, "is_closing", False):
                return thread  # type: ignore[return-value]  # after a re-import its class is an older one, alike in use
        sweeps = SweepJobs(store, jobs)
        sweeps.start()
        atexit.register(sweeps.close)
        return sweeps


def _thread_name(url: str) -> str:
    return f"cifar-lab-sweeps {url}"
