"""The files in a run's folder: configuration, checkpoints, predictions, log."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np

from cifar_core.errors import StoreError
from cifar_core.files import make_folder, remove_leftovers, write_atomically
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs.config import RunConfig

CheckpointName = Literal["last", "previous", "best"]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a network said about every image of a set."""

    index: np.ndarray
    """int64 [N], positions in the data set's train array (validation) or test array (test)."""
    targets: np.ndarray
    """int64 [N]."""
    probabilities: np.ndarray
    """float32 [N, num_classes], rows sum to 1."""
    epoch: int
    """Of the checkpoint that predicted."""

    @property
    def predicted(self) -> np.ndarray:
        """int64 [N], the most probable class."""
        predicted: np.ndarray = np.argmax(self.probabilities, axis=1)
        return predicted

    @property
    def accuracy(self) -> float:
        """In 0..1."""
        return float((self.predicted == self.targets).mean())


class RunFiles:
    """Names, reads and writes one run's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, config: RunConfig) -> None:
        """Makes the folders and writes the readable copy of the configuration.

        Raises:
            StoreError: they cannot be written.
        """
        make_folder(self.folder / "checkpoints")
        remove_leftovers(self.folder)
        remove_leftovers(self.folder / "checkpoints")
        write_atomically(self.folder / "config.json", config.to_json().encode())

    @staticmethod
    def written_at(path: Path) -> int | None:
        """When a file was last written, in nanoseconds of its file system's clock; None if there is none.

        For keys of what is remembered of it.
        """
        try:
            return path.stat().st_mtime_ns
        except OSError:
            return None

    def checkpoint(self, which: CheckpointName) -> Path:
        """The path of a checkpoint: of the last epoch, the one before it, or the best one."""
        return self.folder / "checkpoints" / f"{which}.pt"

    @property
    def weights_path(self) -> Path:
        """The path of the weights of an unpacked run, which has no checkpoints."""
        return self.folder / "weights.safetensors"

    def predictions_path(self, split: EvaluationSplit) -> Path:
        """The path of the predictions for a set."""
        return self.folder / f"predictions-{split}.npz"

    def save_predictions(self, split: EvaluationSplit, predictions: Predictions) -> None:
        """Writes the predictions for a set.

        Raises:
            StoreError: they cannot be written.
        """
        buffer = BytesIO()
        np.savez_compressed(
            buffer,
            index=predictions.index,
            target=predictions.targets,
            probabilities=predictions.probabilities,
            epoch=np.int64(predictions.epoch),
        )
        write_atomically(self.predictions_path(split), buffer.getvalue())

    def load_predictions(self, split: EvaluationSplit) -> Predictions | None:
        """The stored predictions for a set; None if there are none yet.

        Raises:
            StoreError: the file is damaged.
        """
        path = self.predictions_path(split)
        try:
            with np.load(path, allow_pickle=False) as stored:
                predictions = Predictions(
                    stored["index"], stored["target"], stored["probabilities"], int(stored["epoch"])
                )
            count, num_classes = predictions.probabilities.shape
            complete = len(predictions.index) == len(predictions.targets) == count
            targets, index = predictions.targets, predictions.index
            if not complete or targets.max() >= num_classes or min(targets.min(), index.min()) < 0:
                raise ValueError("the arrays do not belong together")
            if not np.isfinite(predictions.probabilities).all():
                raise ValueError("a probability is not finite")
            return predictions
        except FileNotFoundError:
            return None
        except Exception:  # damaged bytes end in almost any of them: zlib.error and NotImplementedError were seen
            raise StoreError(f"{path} is damaged: delete it and evaluate the run again.") from None

    def log(self, *lines: str) -> None:
        """Appends lines to the run's log.

        Raises:
            StoreError: it cannot be written.
        """
        path = self.folder / "train.log"
        try:
            with path.open("a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}.") from None

    def log_text(self) -> str:
        """The whole log; empty if there is none."""
        try:
            return (self.folder / "train.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def log_tail(self, count: int = 12) -> list[str]:
        """The log's last lines; empty if there is none."""
        return self.log_text().splitlines()[-count:]
