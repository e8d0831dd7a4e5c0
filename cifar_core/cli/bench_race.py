"""Two ways to train on the same machine and images: accuracy against seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

import click
import psutil
from torch import Tensor

from cifar_core.analysis.reference import seed_reference
from cifar_core.architecture.build import build_seeded
from cifar_core.cli.bench_outputs import BenchMachine, RaceBenchOutput, RaceCurve, RacePoint
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import available_datasets
from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig, preset_config
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import find_recipe, recipe_names
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.device import device_for, device_title
from cifar_core.training.loop import train
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.training.seeds import derive_seed
from cifar_core.words import duration, percent

RACERS = ("quick-cpu", "seed-model-3")
"""Presets, each with its own augmentation, and its own recipe where no other is wanted."""
MARKS = (0.8, 0.85, 0.9)
"""Accuracies whose seconds are told."""


@click.command("race")
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Each has.")
@click.option("--recipe", type=click.Choice(recipe_names()), help="Of quick-cpu (default: quick).")
@click.option("--seed", default=0, show_default=True, type=int, help="Of both.")
@click.option("--limit-train", type=int, metavar="N", help="Train on at most N images: a quick trial.")
@json_option
def race_command(minutes: float, recipe: str | None, seed: int, limit_train: int | None, as_json: bool) -> None:
    """Train quick-cpu and the seed's Model 3, one after the other, and print accuracy against seconds.

    Both train on the same images and are evaluated on the same held-out ones after every epoch; building, augmentation
    and evaluation count. A racer whose epochs are done before the minutes are over stops there.
    """

    def tell(sentence: str) -> None:
        if not as_json:
            click.echo(sentence, err=True)

    output = bench_race(minutes, recipe, seed, limit_train, tell)
    if as_json:
        print_json(output)
    else:
        _print(output)


def bench_race(
    minutes: float, recipe: str | None, seed: int, limit_train: int | None, tell: Callable[[str], None]
) -> RaceBenchOutput:
    """Trains each of `RACERS` alone on the machine for so many minutes.

    Args:
        minutes: that each has; the batch in which they end is its last.
        recipe: of the first racer; None for its preset's.
        seed: of weights, order and augmentation.
        limit_train: at most so many training images.
        tell: is told of every epoch.

    Raises:
        DataError: the data set is missing or damaged.
        SpecError: `limit_train` or `seed` cannot be.
        TrainingError: the loss is no finite number.
    """
    if not math.isfinite(minutes):
        raise SpecError(f"minutes is {minutes}: it must be a finite number above 0.")
    (load_before, *_), dataset = psutil.getloadavg(), available_datasets()[0]
    configs = [
        _config(name, chosen, dataset, seed, limit_train) for name, chosen in zip(RACERS, (recipe, None), strict=True)
    ]
    curves = [_race(config, minutes, tell) for config in configs]
    training = configs[0].training
    return RaceBenchOutput(
        curves=curves,
        # The log's epochs are of all of CIFAR-10's training images: others say nothing of it.
        seed_log_seconds_to={
            f"{mark:g}": None if limit_train or dataset != "cifar10" else _by_seed_log(curves[-1].points, mark)
            for mark in MARKS
        },
        minutes=minutes,
        seed=seed,
        dataset=dataset,
        device=device_title(device_for(training)),
        torch=version("torch"),
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


def _config(preset: str, recipe: str | None, dataset: str, seed: int, limit_train: int | None) -> RunConfig:
    config = preset_config(preset, dataset)
    training = config.training if recipe is None else find_recipe(recipe).spec
    return config.changed(training=training.changed(seed=seed, limit_train=limit_train).model_dump())


@dataclass
class _Clock:
    """Follows one racer, and stops it when its time is over."""

    name: str
    seconds_left: float
    tell: Callable[[str], None]
    started: float = field(default_factory=time.perf_counter)
    points: list[RacePoint] = field(default_factory=list)

    def on_progress(self, progress: StepProgress) -> None:
        pass

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        point = RacePoint(
            epoch=metrics.epoch, seconds=time.perf_counter() - self.started, accuracy=metrics.eval_accuracy
        )
        self.points.append(point)
        self.tell(f"{self.name}: epoch {point.epoch}, {duration(point.seconds)}, {percent(point.accuracy)}")

    def should_stop(self) -> bool:
        return time.perf_counter() - self.started >= self.seconds_left


def _race(config: RunConfig, minutes: float, tell: Callable[[str], None]) -> RaceCurve:
    data, training = load_run_data(config), config.training  # reading the images is nobody's merit
    clock = _Clock(config.name, 60 * minutes, tell)
    network = build_seeded(config.architecture, derive_seed(training.seed, "weights"))
    outcome = train(network, data.training, training, device_for(training), data.augment(), clock)
    return RaceCurve(
        preset=config.name,
        recipe=training.recipe,
        epochs=training.epochs,
        finished=outcome == "completed",
        points=clock.points,
        seconds_to={f"{mark:g}": _seconds_to(clock.points, mark) for mark in MARKS},
    )


def _seconds_to(points: list[RacePoint], mark: float) -> float | None:
    return next((point.seconds for point in points if point.accuracy >= mark), None)


def _by_seed_log(points: list[RacePoint], mark: float) -> float | None:
    """When Model 3 would reach an accuracy if it took the epochs of the seed document's log."""
    epochs = next((epoch.epoch for epoch in seed_reference() if epoch.test_accuracy >= mark), None)
    if not points or epochs is None:
        return None
    return epochs * points[-1].seconds / points[-1].epoch


def _print(output: RaceBenchOutput) -> None:
    rows = []
    for curve in output.curves:
        best = max((point.accuracy for point in curve.points), default=None)
        marks = [duration(seconds) for seconds in curve.seconds_to.values()]
        spent = curve.points[-1].seconds if curve.points else None
        done = f"{len(curve.points)} of {curve.epochs}"
        rows.append((curve.preset, curve.recipe, done, duration(spent), percent(best), *marks))
    if any(output.seed_log_seconds_to.values()):
        reckoned = [duration(seconds) for seconds in output.seed_log_seconds_to.values()]
        rows.append((RACERS[-1], "seed, by its own log", "-", "-", "-", *reckoned))
    to = [f"to {percent(mark)}" for mark in MARKS]
    print_table(("network", "recipe", "epochs", "time", "best validation", *to), rows)
    on = output.measured_on
    click.echo(
        f"\n{_notes(output)}"
        f"Seed {output.seed}, {output.dataset}, {output.minutes:g} minutes each at most; {output.device}, torch "
        f"{output.torch}; on {on.machine}, Python {on.python}, version {on.version}; load {output.load_before:.1f} "
        "before it began."
    )


def _notes(output: RaceBenchOutput) -> str:
    """What must be known to read the table, each in a line."""
    told = ""
    short = [curve.preset for curve in output.curves if not curve.points]
    if short:
        told += f"{' and '.join(short)} trained no whole epoch in the time: give more --minutes.\n"
    if any(output.seed_log_seconds_to.values()):
        told += (
            "By its own log: as many epochs as the seed document's log takes to its test accuracy, of 50,000 images "
            "each, at the seconds an epoch measured here, of 45,000.\n"
        )
    return told
