"""Who executes a run, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

SLACK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its host, its id, and its start, which tells it from a later process with the same id."""

    host: str
    pid: int
    started: float
    """Seconds; since the machine started, where the system tells that."""

    @classmethod
    def this_process(cls) -> Owner:
        """The calling process."""
        return cls.of(psutil.Process())

    @classmethod
    def of(cls, process: psutil.Process) -> Owner:
        """A process of this host."""
        return cls(socket.gethostname(), process.pid, _start_of(process))

    def has_vanished(self) -> bool:
        """Whether the process is known to be gone; a process of another host never is."""
        if self.host != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.pid)
            return process.status() == psutil.STATUS_ZOMBIE or abs(_start_of(process) - self.started) > SLACK_SECONDS
        except psutil.NoSuchProcess:
            return True


def _start_of(process: psutil.Process) -> float:
    """When a process started, in seconds.

    Linux counts it from the machine's start. The time of day that psutil makes of that moves when the clock is set, and
    a live process would then look like another one.
    """
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return process.create_time()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of proc(5), behind the name in brackets
