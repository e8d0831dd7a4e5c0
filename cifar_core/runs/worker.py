"""What carries out the background thread's tasks: a process beside the program, or the thread itself."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from cifar_core.collector import exempt_loaded_objects
from cifar_core.errors import LabError, TrainingError
from cifar_core.runs.records import SHUTDOWN_NOTE, Claim
from cifar_core.runs.store import RunStore
from cifar_core.runs.trials import Trial
from cifar_core.settings import WorkerKind

ANSWER_POLL_SECONDS = 0.1
CLOSE_SECONDS = 5.0
"""How long a worker process may take to leave when it is told to."""


class WorkerDiedError(LabError):
    """The process that trained is gone."""


class Worker(Protocol):
    """Executes one task at a time for the background thread; only `kill` may be called from another one."""

    def warm_up(self) -> None:
        """Gets ready, so that the first task need not wait for its libraries."""

    def get_ready(self, should_stop: Callable[[], bool]) -> None:
        """Waits until a task can begin, or `should_stop()` is true.

        Raises:
            WorkerDiedError: what should execute it ended before it was ready.
            TrainingError: it cannot be started.
        """

    def execute(self, claim: Claim, should_stop: Callable[[], bool]) -> None:
        """Executes a claimed run to its end.

        Raises:
            WorkerDiedError: what executed it is gone, and could not say how the run ended.
            LabError: the store could not be told how the run ended.
        """

    def carry_out(self, trial: Trial, should_stop: Callable[[], bool]) -> None:
        """Carries a trial out; its result lies in the store."""

    def close(self) -> None:
        """Ends it after its task."""

    def kill(self) -> None:
        """Ends it at once, if that can be done."""


def _run_task(claim: Claim) -> dict[str, Any]:
    return {"run": claim.run_id, "fence": claim.fence}


def _trial_task(trial: Trial) -> dict[str, Any]:
    return {"trial": trial.kind, "config": trial.config.model_dump(mode="json")}


class ThreadWorker:
    """Executes in the calling thread: for hosts that allow no child process. Pages are slower while it trains."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._is_loaded = False

    def warm_up(self) -> None:
        """Nothing: the program's own libraries serve."""

    def get_ready(self, should_stop: Callable[[], bool]) -> None:
        """Loads what the first run needs."""
        import cifar_core.runs.experiment  # noqa: F401

        if not self._is_loaded:
            # Once: what a later call exempts would be the garbage of the runs between.
            exempt_loaded_objects()
            self._is_loaded = True

    def execute(self, claim: Claim, should_stop: Callable[[], bool]) -> None:
        """See `Worker`."""
        self._carry_out(_run_task(claim), should_stop)

    def carry_out(self, trial: Trial, should_stop: Callable[[], bool]) -> None:
        """See `Worker`."""
        self._carry_out(_trial_task(trial), should_stop)

    def _carry_out(self, task: dict[str, Any], should_stop: Callable[[], bool]) -> None:
        # Imported only now: this needs torch, and a program that never trains must not wait for it. With a store of its
        # own: a page server re-imports modules after a source edit, and what is imported now may be younger than this
        # thread. Classes of the two generations do not know each other, so nothing but plain values may pass between.
        from cifar_core.runs.store import RunStore as OwnStore
        from cifar_core.runs.worker_process import carried_out

        with contextlib.closing(OwnStore(self._store.url, self._store.folder)) as store:
            error = carried_out(store, task, should_stop)
        if error:
            raise LabError(error)

    def close(self) -> None:
        """Nothing is left behind."""

    def kill(self) -> None:
        """A thread cannot be ended from outside."""


class ProcessWorker:
    """Executes in a warm process of its own, at low priority.

    Pages stay as quick as when nothing trains, and a crash or the system's out-of-memory killer ends a run, not the
    dashboard. The process ends with this program, however that ends: its standard input is then closed.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._is_ready = self._was_killed = False
        self._task = 0

    def warm_up(self) -> None:
        """Starts the process unless it runs."""
        if self._process is None or self._process.poll() is not None:
            self._start()

    def get_ready(self, should_stop: Callable[[], bool]) -> None:
        """See `Worker`."""
        self.warm_up()
        while not (self._is_ready or should_stop()):
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=ANSWER_POLL_SECONDS)
                if answer is None:
                    status = self._wait_for_end()
                    raise WorkerDiedError(
                        f"The worker process ended before it was ready (exit status {status}); its own words stand in "
                        "the program's output. CIFAR_LAB_WORKER=thread does without one."
                    )
                self._is_ready = True

    def execute(self, claim: Claim, should_stop: Callable[[], bool]) -> None:
        """See `Worker`."""
        self._carry_out(_run_task(claim), should_stop)

    def carry_out(self, trial: Trial, should_stop: Callable[[], bool]) -> None:
        """See `Worker`."""
        self._carry_out(_trial_task(trial), should_stop)

    def close(self) -> None:
        """Closes the pipe that the process lives by."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):  # the process was gone already
                process.stdin.close()
        try:
            process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Ends the process in the middle of whatever it does."""
        if self._process is not None:
            self._was_killed = True
            self._process.kill()

    def _start(self) -> None:
        package = Path(__file__).resolve().parents[2]
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cifar_core.runs.worker_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                # Not as arguments: those are anybody's to read, and the URL may hold a password.
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(paths),
                    "CIFAR_LAB_STORE": self._store.url,
                    "CIFAR_LAB_RUNS": str(self._store.folder),
                },
                # Ctrl-C in a terminal goes to every process of its group: only the program itself answers it.
                start_new_session=True,
            )
        except OSError as error:
            raise TrainingError(
                f"No worker process can be started ({error.strerror}): set CIFAR_LAB_WORKER=thread to do without one."
            ) from None
        self._answers, self._is_ready = queue.Queue(), False
        reader = threading.Thread(target=_read, args=(self._process, self._answers), daemon=True)
        reader.start()

    def _carry_out(self, task: dict[str, Any], should_stop: Callable[[], bool]) -> None:
        self.get_ready(should_stop)
        if not self._is_ready:
            raise WorkerDiedError(SHUTDOWN_NOTE)  # told to stop before it could begin
        self._task += 1
        self._tell({**task, "id": self._task})
        told_to_stop = False
        while True:
            if not told_to_stop and should_stop():
                told_to_stop = True
                self._tell({"cancel": self._task})
            try:
                answer = self._answers.get(timeout=ANSWER_POLL_SECONDS)
            except queue.Empty:
                continue
            if answer is None:
                raise WorkerDiedError(self._how_it_died())
            if answer.get("id") == self._task:
                if answer["error"]:
                    raise LabError(answer["error"])
                return

    def _tell(self, message: dict[str, Any]) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is gone, which its other pipe tells
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()

    def _wait_for_end(self) -> int:
        assert self._process is not None
        status = self._process.wait()
        self._process = None
        return status

    def _how_it_died(self) -> str:
        status = self._wait_for_end()
        if self._was_killed:
            return SHUTDOWN_NOTE
        if status == -9:
            return (
                "The process that trained was killed, as a system does that runs out of memory: "
                "resume the run, or try a smaller batch size."
            )
        return f"The process that trained ended by itself (exit status {status}): resume the run."


def _read(process: subprocess.Popen[str], answers: queue.Queue[dict[str, Any] | None]) -> None:
    """Passes the process's answers on; None when it is gone."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            answers.put(json.loads(line))
    except ValueError:  # it was killed in the middle of an answer
        pass
    finally:
        answers.put(None)


def make_worker(kind: WorkerKind, store: RunStore) -> Worker:
    """A worker of a kind."""
    return ThreadWorker(store) if kind == "thread" else ProcessWorker(store)
