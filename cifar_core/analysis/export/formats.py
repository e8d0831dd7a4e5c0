"""The formats in which a run leaves, each with what it is for. Importing this brings no torch along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cifar_core.errors import ExportError, LabError, SpecError, foreign_sentence
from cifar_core.runs import Run, RunStore
from cifar_core.runs.package.layout import SUFFIX
from cifar_core.training.metrics import EpochMetrics

if TYPE_CHECKING:
    from cifar_core.analysis.export.subject import Checked, ExportSubject

EXTRAS = "requirements-export.txt"
"""What installs the packages that only some formats need."""
Written = tuple[bytes, "Checked | None"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One of them."""

    title: str
    about: str
    """What is in it and what for, in a sentence or two."""
    suffix: str
    """Of the file, behind the run's id."""
    mime: str
    write: Callable[[RunStore, Run], Written]
    packages: tuple[str, ...] = ()
    """Modules that only this format needs."""

    def require_packages(self) -> None:
        """Says what is to be installed, where something is.

        Raises:
            ExportError: one of the packages is missing.
        """
        missing = [name for name in self.packages if find_spec(name) is None]
        if missing:
            raise ExportError(f"{self.title} needs {' and '.join(missing)}: `pip install -r {EXTRAS}` installs it.")


@dataclass(frozen=True, slots=True)
class Export:
    """A run in some format."""

    file_name: str
    content: bytes
    checked: Checked | None
    """None where the file is no network."""

    @property
    def check_sentence(self) -> str:
        """How the file was checked; empty where it is no network."""
        if self.checked is None:
            return ""
        return (
            f"Checked: on {self.checked.images} its outputs are the network's (largest difference "
            f"{self.checked.largest_difference:.1g})."
        )


def export_run(store: RunStore, run: Run, kind: str) -> Export:
    """Writes a run in a format, and tries what was written where it is a network.

    Args:
        store: where the run lies.
        run: for a network one that is over; for what it measured any with a finished epoch.
        kind: a key of `FORMATS`.

    Raises:
        SpecError: the run has nothing of the kind, or not yet.
        StoreError: its checkpoint is missing or damaged.
        ExportError: a package is missing or broken, or the file does not do what the network does.
    """
    chosen = FORMATS[kind]
    chosen.require_packages()
    try:
        content, checked = chosen.write(store, run)
    except LabError:
        raise
    except Exception as error:
        if not chosen.packages:
            raise
        # Somebody else's package that is there, but broken: of another version than it needs beside it, say.
        sentence = f"Run {run.id} cannot be exported to {chosen.title}: {foreign_sentence(error).rstrip('.')}"
        raise ExportError(f"{sentence}. `pip install -r {EXTRAS}` installs what it needs.") from error
    return Export(f"{run.id}{chosen.suffix}", content, checked)


def _epochs(store: RunStore, run: Run) -> list[EpochMetrics]:
    if not run.epochs_done:
        raise SpecError(f"Run {run.id} has no finished epoch, and so nothing measured to export.")
    return store.epochs(run.id)


def _subject(store: RunStore, run: Run) -> ExportSubject:
    from cifar_core.analysis.export.subject import load_subject

    return load_subject(store, run)


def _package(store: RunStore, run: Run) -> Written:
    from cifar_core.runs.package.pack import pack

    return pack(store, run), None


def _safetensors(store: RunStore, run: Run) -> Written:
    from cifar_core.analysis.export.safetensors_file import safetensors_file

    return safetensors_file(_subject(store, run))


def _onnx(store: RunStore, run: Run) -> Written:
    from cifar_core.analysis.export.onnx_file import onnx_file

    return onnx_file(_subject(store, run))


def _torch(store: RunStore, run: Run) -> Written:
    from cifar_core.analysis.export.torch_file import torch_zip

    return torch_zip(_subject(store, run))


def _csv(store: RunStore, run: Run) -> Written:
    from cifar_core.analysis.export.metric_logs import metrics_csv

    return metrics_csv(_epochs(store, run)), None


def _tensorboard(store: RunStore, run: Run) -> Written:
    from cifar_core.analysis.export.metric_logs import tensorboard_zip

    return tensorboard_zip(run, _epochs(store, run)), None


FORMATS = {
    "package": ExportFormat(
        "Run package",
        "Everything about the run, for another CIFAR Lab: settings, curves, weights, predictions. `unpack` reads it.",
        SUFFIX,
        "application/octet-stream",
        _package,
    ),
    "torch": ExportFormat(
        "PyTorch",
        "A zip of `network.py` and `weights.pt`, which runs with torch alone and normalises images by itself.",
        ".torch.zip",
        "application/zip",
        _torch,
    ),
    "onnx": ExportFormat(
        "ONNX",
        "One graph for onnxruntime and other engines: images in 0..1 go in, as many as you like; it normalises them.",
        ".onnx",
        "application/octet-stream",
        _onnx,
        ("onnx", "onnxscript", "onnxruntime"),
    ),
    "safetensors": ExportFormat(
        "safetensors",
        "The weights alone, which nothing can be executed from; the network's spec stands in the metadata as JSON.",
        ".safetensors",
        "application/octet-stream",
        _safetensors,
    ),
    "csv": ExportFormat("Metrics as CSV", "A line an epoch, for a spreadsheet.", ".csv", "text/csv", _csv),
    "tensorboard": ExportFormat(
        "TensorBoard",
        "A zip with an event file in a folder of the run's name: unpack it, and give TensorBoard the folder around it.",
        ".tensorboard.zip",
        "application/zip",
        _tensorboard,
        ("tensorboard",),
    ),
}
"""By the name that the command line knows them by."""
