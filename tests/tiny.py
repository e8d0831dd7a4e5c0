"""A network, a data set and a store so small that a run takes a fraction of a second."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import CompactNetwork, build_seeded
from cifar_core.architecture.nodes import ActivationStep, Conv, ConvStep, DropoutStep, Flatten, Linear, NormStep, Pool
from cifar_core.data import AugmentationSpec
from cifar_core.runs import Run, RunConfig, RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import OneCycleSchedule, Sgd, TrainingSpec
from cifar_core.training.batches import TrainingData
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.metrics import EpochMetrics, StepProgress

PROJECT = Path(__file__).resolve().parent.parent


def tiny_architecture(dropout: float = 0.1, width: int = 8) -> ArchitectureSpec:
    steps = (ConvStep(), NormStep(), ActivationStep(), DropoutStep(rate=dropout))
    return ArchitectureSpec(
        name="tiny",
        nodes=(
            Conv(block="C1", out_channels=width, stride=2, padding=1, steps=steps),
            Conv(block="C2", out_channels=2 * width, stride=2, padding=1, steps=steps),
            Conv(block="C3", out_channels=2 * width, padding=1, steps=steps),
        ),
        head=(Pool(), Flatten(), Linear(out_features=10)),
    )


def tiny_training(**fields: object) -> TrainingSpec:
    """Two epochs of four batches."""
    spec = TrainingSpec(
        epochs=2,
        batch_size=64,
        optimizer=Sgd(learning_rate=0.2),
        schedule=OneCycleSchedule(),
        device="cpu",
        limit_train=256,
        limit_test=64,
    )
    return spec.changed(**fields)


def tiny_config(
    name: str = "tiny", dataset: str = "digits", augmentation: AugmentationSpec | None = None, **training: object
) -> RunConfig:
    """The tiny network on digits; further keywords are fields of the TrainingSpec."""
    config = RunConfig(
        name=name,
        dataset="digits",
        architecture=tiny_architecture(),
        augmentation=augmentation or AugmentationSpec(),
        training=tiny_training(**training),
    )
    return config.changed(dataset=dataset)


def tiny_network(seed: int = 0, dropout: float = 0.1) -> CompactNetwork:
    return build_seeded(tiny_architecture(dropout), seed)


@cache
def tiny_data() -> TrainingData:
    """256 digits to train on and 64 to evaluate."""
    return load_run_data(tiny_config()).training


def flip_some(images: Tensor, targets: Tensor, seed: int, strength: float = 1.0) -> tuple[Tensor, Tensor]:
    """An augmentation without albumentations: the seed's bits say which images are mirrored."""
    flipped = [image.flip(1) if (seed >> (position % 32)) & 1 else image for position, image in enumerate(images)]
    return torch.stack(flipped), targets


def unchanged(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
    return images, targets


class Recorder:
    """A TrainingObserver that remembers, and asks to stop at the n-th question."""

    def __init__(self, stop_at: int | None = None, on_question: Callable[[], None] = lambda: None) -> None:
        self.progress: list[StepProgress] = []
        self.metrics: list[EpochMetrics] = []
        self.weights: list[dict[str, Tensor]] = []
        self.logits: list[Tensor] = []
        self.questions = 0
        self._stop_at, self._on_question = stop_at, on_question

    def on_progress(self, progress: StepProgress) -> None:
        self.progress.append(progress)

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        self.metrics.append(metrics)
        self.logits.append(eval_logits)
        self.weights.append({name: tensor.clone() for name, tensor in checkpoint.network.items()})

    def should_stop(self) -> bool:
        self.questions += 1
        self._on_question()
        return self.questions == self._stop_at


def train_into(store: RunStore, config: RunConfig, stop_after: int | None = None) -> Run:
    """Trains a run of a store to its end; with `stop_after`, a person asks to stop after that epoch."""
    claim = store.start(config)

    def asks_to_stop() -> bool:
        if len(store.epochs(claim.run_id)) != stop_after:
            return False
        store.request_stop(claim.run_id)
        return True

    return execute_run(store, claim, RunListener(should_stop=asks_to_stop))


def some_metrics(epoch: int = 1, **fields: object) -> EpochMetrics:
    """An epoch's figures, with no two of them alike."""
    metrics = EpochMetrics(
        epoch=epoch,
        train_loss=1.5,
        train_accuracy=0.4,
        last_batch_loss=1.25,
        batches=4,
        split="validation",
        eval_loss=1.75,
        eval_accuracy=0.5,
        eval_correct=32,
        eval_count=64,
        learning_rate=0.125,
        images_per_second=1000.5,
        seconds=0.75,
    )
    return replace(metrics, **fields)  # type: ignore[arg-type]


def run_python(code: str, *arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Runs a program in a fresh interpreter at the project's root."""
    command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=timeout, check=False)
