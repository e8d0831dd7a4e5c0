"""How many images a second the training loop takes, beside a bare PyTorch loop of the same network."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

import click
import numpy as np
import psutil
import torch
from torch import Tensor
from torch.nn import functional

from cifar_core.architecture.build import build_seeded
from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_outputs import BenchMachine, TrainingBenchOutput
from cifar_core.cli.describe import named_network
from cifar_core.cli.printing import json_option, print_json
from cifar_core.data import AugmentationSpec, available_datasets, find_augmentation
from cifar_core.runs.config import RunConfig
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import find_recipe
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.device import device_for, device_title
from cifar_core.training.loop import TrainingLoop
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.training.optim import build_optimizer
from cifar_core.words import count, counted

Turn = Callable[[], float]
"""Trains for a while; the seconds that it took."""
WARM_UPS = 2
"""Turns that are not counted: they find kernels and memory, and on a GPU record the step."""


@click.command("training")
@click.option("--preset", default="seed-model-3", show_default=True, metavar="NAME", help="A network's preset.")
@click.option("--recipe", metavar="NAME", help="(default: the preset's)")
@click.option("--augmentation", metavar="NAME", help="(default: the preset's)")
@click.option("--batch-size", type=int, help="Images a step (default: the recipe's).")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]))
@click.option(
    "--precision", type=click.Choice(["float32", "bfloat16", "float16"]), help="Of the forward pass, in both."
)
@click.option("--execution", type=click.Choice(["eager", "graph", "compiled"]), help="How our step is carried out.")
@click.option("--engine", "augmentation_engine", type=click.Choice(["albumentations", "batched"]))
@click.option("--batches", default=10, show_default=True, type=click.IntRange(1, 1000), help="Batches a turn.")
@click.option("--rounds", default=8, show_default=True, type=click.IntRange(1, 1000), help="Turns of each loop.")
@json_option
def training_command(
    preset: str,
    recipe: str | None,
    augmentation: str | None,
    batches: int,
    rounds: int,
    as_json: bool,
    **options: object,
) -> None:
    """Time training, with and without its augmentation, beside a bare PyTorch loop."""
    network = named_network(preset)
    changes = {field: value for field, value in options.items() if value is not None}
    config = RunConfig(
        name=preset,
        dataset=available_datasets()[0],
        architecture=network.spec,
        augmentation=find_augmentation(augmentation or network.augmentation).spec,
        training=find_recipe(recipe or network.recipe).spec.changed(**changes),
    )
    output = bench_training(config, batches, rounds)
    if as_json:
        print_json(output)
    else:
        _print(output)


def bench_training(config: RunConfig, batches: int, rounds: int) -> TrainingBenchOutput:
    """Times three loops in turns: ours without augmentation, ours as the run would train, and a bare one.

    The bare loop is what a person would write who trains this network and nothing else: images as bytes where the
    network is, gathered in random order and normalised; forward, loss, backward, and the same optimizer. It neither
    augments nor averages, counts, watches for a stop, or changes the learning rate.

    Args:
        config: network, data set, augmentation and training.
        batches: that a turn has, at most as many as the training images make.
        rounds: turns of each.

    Raises:
        SpecError: there is no such device, or it is no place for the precision.
        DataError: the data set is missing or damaged.
        TrainingError: the loss is not a finite number.
    """
    (load_before, *_), training = psutil.getloadavg(), config.training
    device = device_for(training)
    augmented = config.changed(training=training.changed(limit_train=batches * training.batch_size).model_dump())
    plain = augmented.changed(augmentation=AugmentationSpec().model_dump())
    turns = (_our_turn(plain, device), _our_turn(augmented, device), _bare_turn(plain, device))
    images = len(load_run_data(plain).splits.train)
    seconds = np.array([[turn() for turn in turns] for _ in range(WARM_UPS + rounds)])[WARM_UPS:]
    own, with_augmentation, bare = images / np.median(seconds, axis=0)
    return TrainingBenchOutput(
        images_per_second=own,
        augmented_images_per_second=with_augmentation,
        bare_images_per_second=bare,
        overhead=1 - own / bare,
        preset=config.name,
        recipe=training.recipe,
        batch_size=training.batch_size,
        precision=training.precision,
        execution=training.execution,
        augmentation_engine=training.augmentation_engine,
        images=images,
        rounds=rounds,
        dataset=config.dataset,
        device=device_title(device),
        torch=version("torch"),
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


class _Nobody:
    """Who follows a training of which nothing is wanted."""

    def on_progress(self, progress: StepProgress) -> None:
        pass

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        pass

    def should_stop(self) -> bool:
        return False


def _our_turn(config: RunConfig, device: torch.device) -> Turn:
    data, network = load_run_data(config), build_seeded(config.architecture, 0)
    loop = TrainingLoop(network, data.training, config.training, device, data.augment(), _Nobody())

    def turn() -> float:
        started = time.perf_counter()
        loop.train_epoch(1)
        return time.perf_counter() - started

    return turn


def _bare_turn(config: RunConfig, device: torch.device) -> Turn:
    data, training = load_run_data(config).training, config.training
    images, targets = data.train.images.to(device), data.train.targets.to(device)
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (data.mean, data.std))
    network = build_seeded(config.architecture, 0).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = build_optimizer(network, training.optimizer)
    dtype = getattr(torch, training.precision)

    def turn() -> float:
        started = time.perf_counter()
        for chosen in torch.split(torch.randperm(len(targets), device=device), training.batch_size):
            inputs = images[chosen].permute(0, 3, 1, 2).float().div(255).sub(mean).div(std)
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                loss = functional.cross_entropy(network(inputs), targets[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
        loss.item()  # waits for the device
        return time.perf_counter() - started

    return turn


def _print(output: TrainingBenchOutput) -> None:
    own, augmented, bare = (
        f"{count(round(rate))} images/s"
        for rate in (output.images_per_second, output.augmented_images_per_second, output.bare_images_per_second)
    )
    print_measured(
        [
            ("bare PyTorch loop, median", bare, ""),
            ("ours without augmentation, median", own, ""),
            ("overhead", f"{100 * output.overhead:.1f} %", "5 %"),
            (f"ours with augmentation ({output.augmentation_engine}), median", augmented, ""),
        ],
        output.measured_on,
    )
    click.echo(
        f"{output.preset}, recipe {output.recipe}, batch {output.batch_size}, {output.precision}, {output.execution}, "
        f"{counted(output.rounds, 'turn')} of {counted(output.images, 'image')} of {output.dataset}; {output.device}, "
        f"torch {output.torch}; load {output.load_before:.1f} before it began."
    )
