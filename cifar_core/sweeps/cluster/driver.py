"""Follows a sweep on a cluster: submits its job, takes its finished runs into the store, and sees it end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from cifar_core.errors import SpecError
from cifar_core.files import make_folder, write_atomically
from cifar_core.runs import RunStore
from cifar_core.runs.package.unpack import unpack
from cifar_core.runs.sweep_rows import SweepRecord, SweepState
from cifar_core.sweeps.asking import read_sweep_spec
from cifar_core.sweeps.cluster.client import JobClient, UnreachableError
from cifar_core.sweeps.cluster.place import ClusterPlace, SweepFolder
from cifar_core.sweeps.driver import Step
from cifar_core.sweeps.giving_up import JOB_GOES_ON

MAX_TRIES = 2
"""How often a sweep is submitted by itself where its job ends badly; a person may resume it more often."""
ASK_SECONDS = 2.0
"""Between questions to the cluster."""
LOG_LINES = 3
"""Of a failed job that are told."""


class ClusterDriver:
    """One sweep on a cluster; all it knows lies in the store, the shared folder and the cluster."""

    def __init__(
        self,
        store: RunStore,
        sweep_id: str,
        client: Callable[[ClusterPlace], JobClient] = JobClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Opens it.

        Raises:
            SpecError: there is no such sweep, or Ray is not installed.
            StoreError: the sweep cannot be read, or the shared folder not be written.
        """
        self._store, self._clock = store, clock
        record = store.get_sweep(sweep_id)
        self.id, self.spec = record.id, read_sweep_spec(record.spec_json)
        self._place = ClusterPlace.parse(record.cluster_json or "{}")
        self._folder = SweepFolder(Path(self._place.folder), self.id)
        self._client = client(self._place)
        self._looked_at = clock()
        self._asked_at = float("-inf")
        self._unreadable: dict[str, str] = {}
        """What is wrong with packages, by their names."""

    def step(self) -> Step:
        """Looks once; asks the cluster at most every `ASK_SECONDS`."""
        now = self._clock()
        passed, self._looked_at = now - self._looked_at, now
        sweep = self._store.count_sweep_time(self.id, passed)
        if not sweep.state.is_open:
            return Step(is_over=True)
        if now - self._asked_at < ASK_SECONDS:
            return Step(is_over=False)
        self._asked_at = now
        try:
            step = self._ask(sweep)
        except UnreachableError as error:
            ended = self._take_in()
            if sweep.state == SweepState.STOPPING:  # a person gives it up
                return self._end(SweepState.STOPPED, ended, f"{error} {JOB_GOES_ON}")
            self._tell(sweep, f"{error} It is asked again, and what it has finished is kept.")
            return Step(is_over=False, ended=ended)
        if not step.is_over:
            self._tell(sweep, "")
        return step

    def _tell(self, sweep: SweepRecord, problem: str) -> None:
        """What is wrong at the moment, with the packages that cannot be read."""
        told = " ".join(filter(None, [problem, *self._unreadable.values()]))
        if told != sweep.problem:
            self._store.note_sweep_problem(self.id, told)

    def _ask(self, sweep: SweepRecord) -> Step:
        stopping = sweep.state == SweepState.STOPPING
        if not sweep.job_tries:
            return self._end(SweepState.STOPPED) if stopping else self._submit_anew()
        job_id = self._job_id(sweep.jobs)
        status, message = self._client.status(job_id)
        ended = self._take_in()
        match status:
            case "unknown" if not stopping:  # whoever counted the job ended before it was submitted
                self._client.submit(job_id, self.id)
            case "pending" | "running":
                if stopping:
                    self._client.stop(job_id)
            case "succeeded" if not stopping:
                return self._end(SweepState.COMPLETED, ended)
            case "failed" if not stopping:
                if sweep.job_tries < MAX_TRIES:  # its driver died: the next one goes on
                    return self._submit_anew(ended)
                return self._end(
                    SweepState.FAILED, ended, f"The job on the cluster failed: {self._why(job_id, message)}"
                )
            case _:  # somebody stopped it, here or on the cluster
                return self._end(SweepState.STOPPED, ended)
        return Step(is_over=False, ended=ended)

    def _end(self, state: SweepState, ended: tuple[int, ...] = (), problem: str = "") -> Step:
        self._store.end_sweep(self.id, state, " ".join(filter(None, [problem, *self._unreadable.values()])))
        return Step(is_over=True, ended=ended)

    def _submit_anew(self, ended: tuple[int, ...] = ()) -> Step:
        make_folder(self._folder.path)
        write_atomically(self._folder.spec, self.spec.to_json().encode())
        write_atomically(self._folder.place, self._place.to_json().encode())
        # Counted first: a program that ends here submits the same id again.
        self._client.submit(self._job_id(self._store.count_sweep_job(self.id).jobs), self.id)
        return Step(is_over=False, ended=ended)

    def _job_id(self, number: int) -> str:
        return f"cifar-lab-{self.id}-{number}"

    def _take_in(self) -> tuple[int, ...]:
        """Unpacks what is new in the shared folder; a package that cannot be read is told of, and hinders no other."""
        here, taken = self._store.sweep_trials(self.id), []
        for number, path in self._folder.arrived():
            if number not in here:
                try:
                    unpack(self._store, path, trial_of=(self.id, number))
                    taken.append(number)
                except SpecError as error:
                    self._unreadable[path.name] = str(error)
                    continue
            with contextlib.suppress(OSError):  # it may be no more than readable here
                path.rename(self._folder.taken(number))
        return tuple(taken)

    def _why(self, job_id: str, message: str) -> str:
        lines = [line.strip() for line in self._client.log(job_id).splitlines() if line.strip()]
        return message if not lines else " / ".join(lines[-LOG_LINES:])
