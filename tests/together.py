"""Programs that a test lets go at the same moment."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


def let_go(children: Sequence[subprocess.Popen[str]]) -> None:
    """Waits until each has printed "ready", and then gives each the line that it waits for."""
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
