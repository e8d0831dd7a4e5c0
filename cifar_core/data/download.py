"""DatasetDownload: CIFAR-10 fetched by a background thread, so that the pages stay usable meanwhile."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from pathlib import Path

from cifar_core.data.fetch import FetchCancelledError, FetchProgress, fetch_cifar10
from cifar_core.errors import LabError
from cifar_core.settings import data_folder

JOIN_SECONDS = 1.0
"""How long a closing program waits: what came is in the part file at any moment."""
RATE_SECONDS = 15.0
"""The time left is judged by what came in so many last seconds."""
SAMPLE_SECONDS = 0.5

_starting = threading.Lock()


class RecentRate:
    """How fast something grows of late, and when it will be whole."""

    def __init__(self) -> None:
        # Replaced as a whole, never changed: another thread reads it.
        self._samples: tuple[tuple[float, int], ...] = ()

    def note(self, amount: int, now: float) -> None:
        """Remembers how much there is at a time in seconds."""
        if self._samples and now - self._samples[-1][0] < SAMPLE_SECONDS:
            return
        self._samples = (*(sample for sample in self._samples if now - sample[0] <= RATE_SECONDS), (now, amount))

    def seconds_left(self, amount: int, total: int, now: float) -> float | None:
        """Seconds until there is `total`; None while nothing has come of late."""
        if not self._samples:
            return None
        began, first = self._samples[0]
        return (total - amount) * (now - began) / (amount - first) if amount > first else None


class DatasetDownload(threading.Thread):
    """Fetches CIFAR-10 into one folder, once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name=_thread_name(folder), daemon=True)
        self._folder = folder
        self._cancelled = threading.Event()
        self._rate = RecentRate()
        self._progress: FetchProgress | None = None
        self._error: str | None = None

    def run(self) -> None:
        """The thread's body."""
        try:
            fetch_cifar10(self._folder, self._note, self._cancelled.is_set)
        except FetchCancelledError:
            pass
        except LabError as error:
            self._error = str(error)
        except Exception as error:  # nobody else would see it: a thread that ends by itself tells no page
            logging.getLogger(__name__).warning("%s", error, exc_info=True)
            self._error = f"CIFAR-10 could not be fetched into {self._folder}: {type(error).__name__}."

    @property
    def progress(self) -> FetchProgress | None:
        """How far it is; None until the server has answered."""
        return self._progress

    @property
    def error(self) -> str | None:
        """Why it failed, in one sentence."""
        return self._error

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the archive is there, by the rate of late; None where that is unknown."""
        progress = self._progress
        if progress is None or progress.total is None or progress.stage != "downloading":
            return None
        return self._rate.seconds_left(progress.received, progress.total, time.monotonic())

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop; it goes on until the next piece comes."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Asks it to stop; what came is kept."""
        self._cancelled.set()

    def close(self) -> None:
        """Cancels and waits, but not for a server that has fallen silent."""
        self.cancel()
        self.join(JOIN_SECONDS)

    def _note(self, progress: FetchProgress) -> None:
        self._rate.note(progress.received, time.monotonic())
        self._progress = progress


def running_download(folder: Path | None = None) -> DatasetDownload | None:
    """The download into a folder that this process has under way.

    The living threads themselves are the register, for the reason told at `runs.jobs.training_jobs`.
    """
    name = _thread_name(folder or data_folder())
    for thread in threading.enumerate():
        if thread.name == name:
            return thread  # type: ignore[return-value]  # after a re-import its class is an older one, alike in use
    return None


def start_download(folder: Path | None = None) -> DatasetDownload:
    """Starts a download into a folder, or gives the one that is under way."""
    folder = folder or data_folder()
    with _starting:
        download = running_download(folder)
        if download is None:
            download = DatasetDownload(folder)
            download.start()
            atexit.register(download.close)
        return download


def _thread_name(folder: Path) -> str:
    return f"cifar-lab-download {folder.resolve()}"
