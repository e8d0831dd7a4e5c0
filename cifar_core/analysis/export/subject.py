"""A trained network on its way out, with the answers that every file of it must give again."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cifar_core import __version__
from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import CompactNetwork
from cifar_core.data import DatasetInfo, dataset_info, shared_dataset
from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.errors import DataError, ExportError, SpecError
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs import Run, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.training.evaluate import predict_logits

CHECKED_IMAGES = 64
TOLERANCE = 1e-4
"""Largest difference between a logit of the network and the same one of an exported file."""
FLOAT32_STEPS = 1e-6
"""Of logits above 100 as a share of the largest: eight roundings of float32, which another order of sums makes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """That a file was tried, and how near it came."""

    largest_difference: float
    """Of any logit."""
    images: str
    """Which were shown to both: "64 test images of CIFAR-10"."""


@dataclass(frozen=True, slots=True)
class ExportSubject:
    """A run's network with the weights that its accuracy stands for, and what it says of a few images."""

    run: Run
    info: DatasetInfo
    network: CompactNetwork
    """On the CPU, in evaluation mode; reads normalised images."""
    epoch: int
    scaled: Tensor
    """float32 [N, C, H, W], RGB in 0..1: what an exported file reads."""
    images: str
    """Which they are, in words."""
    logits: np.ndarray
    """float32 [N, num_classes], by the way that the dashboard itself goes."""

    @property
    def spec(self) -> ArchitectureSpec:
        """Of the network."""
        return self.run.config.architecture

    def facts(self) -> dict[str, str]:
        """What a file's metadata say, as text; lists are JSON, `spec` is what `ArchitectureSpec.parse` reads."""
        accuracy = self.run.test_accuracy
        label = ACCURACY_LABELS[self.run.config.training.protocol]
        return {
            "project": f"CIFAR Lab {__version__}",
            "run": self.run.id,
            "name": self.run.name,
            "epoch": str(self.epoch),
            "dataset": self.info.name,
            "class_names": json.dumps(self.info.class_names),
            "mean": json.dumps(self.info.mean),
            "std": json.dumps(self.info.std),
            **({} if accuracy is None else {"test_accuracy": repr(accuracy), "test_accuracy_of": label}),
            "spec": self.spec.model_dump_json(),
        }

    def check(self, logits: np.ndarray, what: str) -> Checked:
        """Compares the answers of a file with the network's.

        Args:
            logits: float [N, num_classes], of the file for `scaled`.
            what: the file, for a sentence: "ONNX file".

        Raises:
            ExportError: they are not the same.
        """
        if logits.shape != self.logits.shape:
            found, wanted = (" x ".join(map(str, array.shape)) for array in (logits, self.logits))
            raise ExportError(f"The {what} of run {self.run.id} is refused: it answers {found} numbers, not {wanted}.")
        difference = float(np.abs(logits.astype(np.float64) - self.logits).max())
        allowed = max(TOLERANCE, FLOAT32_STEPS * float(np.abs(self.logits).max()))
        if not difference <= allowed:  # nor is NaN
            raise ExportError(
                f"The {what} of run {self.run.id} is refused: on {self.images} its outputs differ from the network's "
                f"by up to {difference:.2g}, and {allowed:.2g} is allowed."
            )
        return Checked(difference, self.images)


def load_subject(store: RunStore, run: Run) -> ExportSubject:
    """Loads a run's network and has it answer for a few test images; random ones where its data set is not at hand.

    Raises:
        SpecError: the run is not over, or has no finished epoch.
        StoreError: its checkpoint is missing or damaged.
    """
    if not run.state.is_over:
        raise SpecError(f"Run {run.id} is {run.state}: its network can be exported once it is over.")
    if not run.epochs_done:
        raise SpecError(f"Run {run.id} has no finished epoch, and so no weights to export.")
    trained = TrainedNetwork(store, run, "cpu")
    images, words = _images(run)
    logits = predict_logits(trained.network, torch.from_numpy(images), trained.normalize).numpy()
    # Files hold weights in PyTorch's usual order in memory, whatever computes fastest here.
    trained.network.to(memory_format=torch.contiguous_format)
    scaled = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float().div(255)
    return ExportSubject(run, dataset_info(run.config.dataset), trained.network, trained.epoch, scaled, words, logits)


def _images(run: Run) -> tuple[Images, str]:
    """uint8 [N, H, W, C], and which they are."""
    try:
        dataset = shared_dataset(run.config.dataset)
    except DataError:
        shape = (CHECKED_IMAGES, IMAGE_SIZE, IMAGE_SIZE, 3)
        return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), f"{CHECKED_IMAGES} random images"
    return dataset.test.images[:CHECKED_IMAGES], f"{CHECKED_IMAGES} test images of {dataset.title}"
