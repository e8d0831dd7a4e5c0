"""The shapes of what `pack --json` and `export --json` print."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel

from cifar_core.analysis.export.formats import Export
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


class ExportOutput(PackOutput):
    """A run that was written for another program, and the file."""

    format: str
    largest_difference: float | None
    """Between the file's outputs and the network's; null where the file is no network."""
    images: str | None
    """That both were shown, in words."""

    @classmethod
    def exported(cls, run: Run, kind: str, file: Path, export: Export) -> ExportOutput:
        """What to tell of an export that was written."""
        checked = export.checked
        return cls(
            **PackOutput.of(run, file, export.content).model_dump(),
            format=kind,
            largest_difference=checked and checked.largest_difference,
            images=checked and checked.images,
        )
