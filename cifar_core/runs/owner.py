"""Who executes a run, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its host, its id, and its start time, which tells it from a later process with the same id."""

    host: str
    pid: int
    started: float

    @classmethod
    def this_process(cls) -> Owner:
        """The calling process."""
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    def has_vanished(self) -> bool:
        """Whether the process is known to be gone; a process of another host never is."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            # A second of slack: the start time is derived from the boot time, which the kernel may round differently.
            return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - self.started) > 1
        except psutil.NoSuchProcess:
            return True
