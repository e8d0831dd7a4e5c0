"""The course of a training as lines to draw and to judge: of one run, of all seeds of a configuration, of the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import mean, stdev
from typing import Literal

from cifar_core.analysis.reference import seed_learning_rate, seed_reference
from cifar_core.protocol import EpochSplit
from cifar_core.runs import Run
from cifar_core.runs.finding import ID_ENDING
from cifar_core.training.metrics import EpochMetrics

Measure = Literal["eval_accuracy", "train_accuracy", "eval_loss", "train_loss", "learning_rate"]
MEASURES: tuple[Measure, ...] = ("eval_accuracy", "train_accuracy", "eval_loss", "train_loss", "learning_rate")
REFERENCE_TITLE = "seed document"
_TEST_IMAGES = 10_000


@dataclass(frozen=True, slots=True)
class Curve:
    """What was measured epoch by epoch; every series is as long as `epochs`. Training figures are as trained."""

    title: str
    split: EpochSplit
    """The images behind the evaluated series."""
    images: int
    """How many of them."""
    epochs: tuple[int, ...]
    seconds: tuple[float, ...]
    """Since the start: whole epochs, evaluation included, summed up. Of the seed, training alone."""
    values: Mapping[Measure, tuple[float, ...]]
    """Accuracies in 0..1, losses in nats. A measure that is not known is left out."""
    spread: Mapping[Measure, tuple[float, ...]] = field(default_factory=dict)
    """Sample standard deviation over the runs behind a mean curve; empty for a single run."""
    runs: int = 1
    """How many it is the mean of."""
    is_reference: bool = False

    @property
    def accuracy(self) -> tuple[float, ...]:
        """On the evaluated images, in 0..1."""
        return self.values["eval_accuracy"]

    @property
    def best(self) -> int | None:
        """Position of the best epoch, the first among equals; None without one, or on images that it trains on."""
        if self.split == "train":
            return None
        return max(range(len(self.epochs)), key=self.accuracy.__getitem__, default=None)


def run_title(run: Run) -> str:
    """Its name and the end of its id: runs may be called the same."""
    return f"{run.name} ({run.id[-ID_ENDING:]})"


def run_curve(title: str, metrics: Sequence[EpochMetrics], split: EpochSplit) -> Curve:
    """The curve of a run, of none, one or many epochs."""
    return Curve(
        title=title,
        split=split,
        images=metrics[-1].eval_count if metrics else 0,
        epochs=tuple(epoch.epoch for epoch in metrics),
        seconds=tuple(accumulate(epoch.seconds for epoch in metrics)),
        values={measure: tuple(getattr(epoch, measure) for epoch in metrics) for measure in MEASURES},
    )


def mean_curve(title: str, curves: Sequence[Curve]) -> Curve:
    """The mean of several runs of one configuration, with its spread, over the epochs that all of them have.

    Args:
        title: of the mean.
        curves: at least two, of the same images.
    """
    shared = set[int].intersection(*(set(curve.epochs) for curve in curves))
    places = [[at for at, epoch in enumerate(curve.epochs) if epoch in shared] for curve in curves]

    def columns(measure: Measure) -> list[tuple[float, ...]]:
        picked = ([curve.values[measure][at] for at in place] for curve, place in zip(curves, places, strict=True))
        return list(zip(*picked, strict=True))

    seconds = ([curve.seconds[at] for at in place] for curve, place in zip(curves, places, strict=True))
    return Curve(
        title=title,
        split=curves[0].split,
        images=curves[0].images,
        epochs=tuple(sorted(shared)),
        seconds=tuple(map(mean, zip(*seconds, strict=True))),
        values={measure: tuple(map(mean, columns(measure))) for measure in MEASURES},
        spread={measure: tuple(map(stdev, columns(measure))) for measure in MEASURES},
        runs=len(curves),
    )


def reference_curve() -> Curve:
    """The seed's 50 epochs on the test set, over its inferred learning rate. It logs no mean training loss."""
    log = seed_reference()
    return Curve(
        title=REFERENCE_TITLE,
        split="test",
        images=_TEST_IMAGES,
        epochs=tuple(epoch.epoch for epoch in log),
        seconds=tuple(accumulate(epoch.train_seconds for epoch in log)),
        values={
            "eval_accuracy": tuple(epoch.test_accuracy for epoch in log),
            "train_accuracy": tuple(epoch.train_accuracy for epoch in log),
            "eval_loss": tuple(epoch.test_loss for epoch in log),
            "learning_rate": tuple(seed_learning_rate(epoch.epoch) for epoch in log),
        },
        is_reference=True,
    )
