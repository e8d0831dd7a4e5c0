"""The shape of what `pack --json` prints."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel

from cifar_core.runs import Run


class PackOutput(BaseModel):
    """A run that was packed, and the file."""

    run: str
    file: str
    size: int
    """In bytes."""
    sha256: str
    """Of the file."""

    @classmethod
    def of(cls, run: Run, file: Path, content: bytes) -> PackOutput:
        """What to tell of a package that was written."""
        return cls(run=run.id, file=str(file), size=len(content), sha256=hashlib.sha256(content).hexdigest())
