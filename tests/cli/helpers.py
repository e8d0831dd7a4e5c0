"""What the tests of the command line share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.tiny import PROJECT

COMMAND = (sys.executable, "-m", "cifar_core")
ON_DIGITS = ("--dataset", "digits", "--device", "cpu", "--batch-size", "64", "--limit-train", "256")
QUICK = (*ON_DIGITS, "--limit-test", "64", "--augmentation", "none")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    def assert_refused(self, status: int, *words: str) -> None:
        """One sentence on stderr that holds these words, and nothing that looks like success."""
        assert self.status == status, (self.out, self.err)
        assert self.err.startswith("error: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.err.endswith(".\n"), self.err
        assert "Traceback" not in self.out + self.err
        assert "complete" not in self.out
        assert "accuracy" not in self.out
        for word in words:
            assert word in self.err, (word, self.err)


Cli = Callable[..., Outcome]


def run_process(*arguments: str, **environment: str) -> Outcome:
    """The command as a person types it."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def write_image(path: Path, color: str = "red", size: tuple[int, int] = (40, 30)) -> Path:
    """A picture in the format that the name's suffix says."""
    Image.new("RGB", size, color).save(path)
    return path
