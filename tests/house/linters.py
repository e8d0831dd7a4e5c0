"""The linters that are part of the test command, each as a process that runs beside the tests."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
COMMANDS = ("ruff check .", "ruff format --check .", "mypy", "lint-imports --no-cache")


class Linter:
    """One that is at work, or done."""

    def __init__(self, command: str) -> None:
        name, *arguments = command.split()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads yet would stop it
        self._process = subprocess.Popen(
            [SCRIPTS / name, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said
        )

    def outcome(self) -> tuple[int, str]:
        """Waits for its exit status, and tells that and what it said."""
        status = self._process.wait()
        self._said.seek(0)
        return status, self._said.read().decode()

    def end(self) -> None:
        """Leaves no process behind, finished or not."""
        self._process.kill()
        self._process.wait()
        self._said.close()
