"""SweepJobs: the background thread that drives the sweeps of a store."""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading

from cifar_core.errors import LabError
from cifar_core.runs import RunStore, TrainingJobs
from cifar_core.runs.heartbeat import HeldDevice, hold
from cifar_core.runs.jobs import living_thread
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.asking import DamagedSweepError
from cifar_core.sweeps.cluster.driver import ClusterDriver
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.giving_up import give_up

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
    """Drives every running sweep that no other program drives, until the program ends.

    Each in a thread of its own: one that waits for a cluster, or for its turn, keeps no other one waiting.
    """

    def __init__(self, store: RunStore, jobs: TrainingJobs) -> None:
        super().__init__(name=_thread_name(store.url), daemon=True)
        self._store, self._jobs = store, jobs
        self._ring = threading.Event()
        self._closing = threading.Event()
        self._driven: dict[str, threading.Thread] = {}

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
                self._take_up()
            except Exception as error:  # whatever broke must not end the thread; the database may be away for a while
                logging.getLogger(__name__).warning("%s", error, exc_info=not isinstance(error, LabError))
            self._ring.wait(IDLE_SECONDS)
            self._ring.clear()

    def close(self) -> None:
        """Ends the thread; its sweeps stay running, for the next program that drives sweeps."""
        self._closing.set()
        self._ring.set()
        for thread in (self, *self._driven.values()):
            if thread.is_alive():
                thread.join(JOIN_SECONDS)

    def _take_up(self) -> None:
        """Starts to drive what is open and driven by nobody."""
        for sweep in self._store.list_sweeps():
            thread = self._driven.get(sweep.id)
            if sweep.state.is_open and (thread is None or not thread.is_alive()):
                name = f"{_thread_name(self._store.url)} {sweep.id}"
                self._driven[sweep.id] = thread = threading.Thread(
                    target=self._drive, args=(sweep.id,), name=name, daemon=True
                )
                thread.start()

    def _drive(self, sweep_id: str) -> None:
        """Drives a sweep to its end, unless another program does."""
        try:
            with hold(self._store, sweep_key(sweep_id)) as held:
                if held is not None:
                    self._look_until_over(driver_of(self._store, sweep_id), held)
        except DamagedSweepError as error:
            with contextlib.suppress(LabError):
                give_up(self._store, sweep_id, SweepState.FAILED, str(error))
        except Exception as error:  # it is tried again
            logging.getLogger(__name__).warning(
                "Sweep %s: %s", sweep_id, error, exc_info=not isinstance(error, LabError)
            )
            with contextlib.suppress(LabError):
                self._give_up_or_note(sweep_id, str(error))

    def _give_up_or_note(self, sweep_id: str, problem: str) -> None:
        if self._store.get_sweep(sweep_id).state == SweepState.STOPPING:
            give_up(self._store, sweep_id, SweepState.STOPPED, problem)
        else:
            self._store.note_sweep_problem(sweep_id, problem)

    def _look_until_over(self, driver: SweepDriver | ClusterDriver, held: HeldDevice) -> None:
        while not (self.is_closing or held.is_lost):
            step = driver.step()
            if step.is_over:
                return
            if step.started is not None:
                self._jobs.ring()
            self._closing.wait(LOOK_SECONDS)


def driver_of(store: RunStore, sweep_id: str) -> SweepDriver | ClusterDriver:
    """What drives a sweep, here or on its cluster.

    Raises:
        SpecError: there is no such sweep, or Ray is missing.
        StoreError: it cannot be read.
    """
    sweep = store.get_sweep(sweep_id)
    return SweepDriver(store, sweep.id) if sweep.cluster_json is None else ClusterDriver(store, sweep.id)


def sweep_jobs(store: RunStore, jobs: TrainingJobs) -> SweepJobs:
    """The thread for a store, started on first use: one a process.

    Args:
        store: whose sweeps it drives.
        jobs: what trains their runs; it is told of each.
    """
    with _starting:
        there = living_thread(_thread_name(store.url))
        if there is not None:
            return there  # type: ignore[return-value]
        sweeps = SweepJobs(store, jobs)
        sweeps.start()
        atexit.register(sweeps.close)
        return sweeps


def _thread_name(url: str) -> str:
    return f"cifar-lab-sweeps {url}"
