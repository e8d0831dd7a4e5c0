"""How many images a second each augmentation engine takes, and what a preview costs, measured."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version

import click
import cv2
import numpy as np
import psutil
import torch

from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_outputs import AugmentationBenchOutput, BenchMachine
from cifar_core.cli.printing import json_option, print_json
from cifar_core.data import available_datasets, find_augmentation, shared_dataset
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.datasets import Images
from cifar_core.errors import BenchError
from cifar_core.words import count, counted

BATCH_SIZE = 128
PREVIEW = (8, 8)
"""Images, and samples of each."""
TURN_SECONDS = 0.1
"""How long an engine goes on before it is the other's turn: long beside a batch, short beside what else runs here."""
Engine = Callable[[int], object]
"""Augments the batch by a seed."""
LIBRARIES = ("torch", "albumentations", "opencv-python-headless", "numpy")


@click.command("augmentation")
@click.option(
    "--preset", "name", default="assignment", show_default=True, metavar="NAME", help="An augmentation preset."
)
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1, 256), help="Threads that each engine may use."
)
@click.option("--rounds", default=30, show_default=True, type=click.IntRange(1, 1000), help="Turns of each engine.")
@json_option
def augmentation_command(name: str, threads: int, rounds: int, as_json: bool) -> None:
    """Time the batched augmentation engine beside albumentations, and a preview of 8 x 8 images."""
    output = bench_augmentation(name, threads, rounds)
    if as_json:
        print_json(output)
    else:
        _print(output)


def bench_augmentation(name: str, threads: int, rounds: int) -> AugmentationBenchOutput:
    """Times both engines in turns on the CPU, on batches of 128, and previews by albumentations with their draws.

    albumentations gets the number of OpenCV threads that is fastest for it: none, one, or as many as the other has.

    Args:
        name: of an augmentation preset.
        threads: that each engine may use.
        rounds: turns of each, and previews.

    Raises:
        SpecError: there is no such preset.
        BenchError: it has no transforms.
    """
    spec, (load_before, *_) = find_augmentation(name).spec, psutil.getloadavg()
    if not spec.transforms:
        raise BenchError(f"The augmentation {name!r} does nothing that could be timed: choose another.")
    dataset = available_datasets()[0]
    loaded = shared_dataset(dataset)
    images = loaded.train.images[:BATCH_SIZE]
    pipeline, batched = AlbumentationsPipeline(spec, loaded.mean), BatchedPipeline(spec, loaded.mean)
    opencv_threads = sorted({0, 1, threads})
    engines: list[Engine] = [partial(_augment, pipeline, images, number) for number in opencv_threads]
    with _threads(threads):
        *rates, own_rate = _images_per_second([*engines, partial(batched, torch.from_numpy(images))], rounds)
        best = int(np.argmax(rates))
        cv2.setNumThreads(opencv_threads[best])
        preview_ms = _preview_ms(pipeline, images[: PREVIEW[0]].repeat(PREVIEW[1], axis=0), rounds)
    return AugmentationBenchOutput(
        batched_images_per_second=own_rate,
        albumentations_images_per_second=rates[best],
        ratio=own_rate / rates[best],
        preview_p95_ms=float(np.percentile(preview_ms, 95)),
        preset=name,
        threads=threads,
        opencv_threads=opencv_threads[best],
        batch_size=BATCH_SIZE,
        rounds=rounds,
        dataset=dataset,
        libraries={library: version(library) for library in LIBRARIES},
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


@contextmanager
def _threads(threads: int) -> Iterator[None]:
    """So many for PyTorch; afterwards PyTorch and OpenCV have as many as before."""
    torch_before, opencv_before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(torch_before)
        cv2.setNumThreads(opencv_before)


def _augment(pipeline: AlbumentationsPipeline, images: Images, opencv_threads: int, seed: int) -> None:
    cv2.setNumThreads(opencv_threads)
    pipeline(images, seed)


def _images_per_second(engines: Sequence[Engine], rounds: int) -> list[float]:
    """The median over the turns of each; all take turns, so that what else the machine does meets each."""
    for engine in engines:
        engine(0)
    rates = [[_turn(engine) for engine in engines] for _ in range(rounds)]
    return [float(rate) for rate in np.median(rates, axis=0)]


def _turn(engine: Engine) -> float:
    start = time.perf_counter()
    for batches in itertools.count(1):
        engine(batches)
        seconds = time.perf_counter() - start
        if seconds > TURN_SECONDS:
            break
    return batches * BATCH_SIZE / seconds


def _preview_ms(pipeline: AlbumentationsPipeline, images: Images, rounds: int) -> list[float]:
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        pipeline.record(images, range(number, number + len(images)))
        times.append(1_000 * (time.perf_counter() - start))
    return times


def _print(output: AugmentationBenchOutput) -> None:
    own, other = (
        f"{count(round(rate))} images/s"
        for rate in (output.batched_images_per_second, output.albumentations_images_per_second)
    )
    print_measured(
        [
            ("batched engine, median", own, ""),
            ("albumentations, median", other, ""),
            ("batched / albumentations", f"{output.ratio:.1f} x", "3 x"),
            ("preview of 8 images x 8 samples with their draws, p95", f"{output.preview_p95_ms:.0f} ms", "150 ms"),
        ],
        output.measured_on,
    )
    libraries = ", ".join(f"{name} {number}" for name, number in output.libraries.items())
    click.echo(
        f"Preset {output.preset}, batch {output.batch_size}, {counted(output.threads, 'thread')} each "
        f"(OpenCV fastest with {output.opencv_threads}), {output.rounds} turns on {output.dataset}; {libraries}; "
        f"load {output.load_before:.1f} before it began."
    )
