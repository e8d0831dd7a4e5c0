"""How quick the pages stay while a network trains behind them, measured."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
import numpy as np
import psutil

from cifar_core.architecture import block_widths, find_preset, num_params, with_block_widths
from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_dashboard import ROOT, Training, Visitor, bench_folder, dashboard, environment, visitor
from cifar_core.cli.bench_outputs import (
    BenchMachine,
    PageResponse,
    ResponsivenessBenchOutput,
    WorkerKind,
    WorkerResponse,
)
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import available_datasets
from cifar_core.errors import BenchError
from cifar_core.runs import RunConfig, RunStore, preset_config
from cifar_core.words import count

PRESET, BATCH_SIZE = "seed-model-3", 128
EPOCHS = 2_000
"""More than anybody waits for: the training goes on until it is stopped."""
SLIDER_BLOCK, SLIDER_WIDTHS = "C1", range(32, 97)
WARM_UPS = 20
BLOCKS = 4
"""Times that idle and training take turns: what else the machine does meets both."""
SMALL_WIDTH, SMALL_RUN = 8, ("--epochs", "3", "--limit-train", "512", "--augmentation", "none", "--device", "cpu")
"""The finished run that Runs and Mistakes draw: predictions for every image, of a network that takes a moment."""


@dataclass(frozen=True)
class _Page:
    """A page and what must be drawn on it: an empty one would be quick."""

    title: str
    url: str
    elements: frozenset[str]


ARCHITECTURE = _Page("Architecture (slider)", "architecture", frozenset({"metric", "slider", "dataframe"}))
PAGES = (
    ARCHITECTURE,
    _Page("Runs", "runs", frozenset({"dataframe", "vega_lite_chart"})),
    _Page("Mistakes", "mistakes", frozenset({"plotly_chart", "bidi_component"})),
)
Times = dict[str, list[float]]
"""Milliseconds, by page."""


@click.command("responsiveness")
@click.option(
    "--rounds", default=200, show_default=True, type=click.IntRange(1, 1000), help="Reruns of each page in each state."
)
@json_option
def responsiveness_command(rounds: int, as_json: bool) -> None:
    """Time reruns of Architecture, Runs and Mistakes while Model 3 trains, against idle ones."""

    def tell(sentence: str) -> None:
        if not as_json:
            click.echo(sentence, err=True)

    output = bench_responsiveness(rounds, tell)
    if as_json:
        print_json(output)
    else:
        _print(output)


def bench_responsiveness(rounds: int, tell: Callable[[str], None]) -> ResponsivenessBenchOutput:
    """Times reruns of real pages, idle and while Model 3 trains at batch 128, for both kinds of worker.

    Args:
        rounds: reruns of each page in each state.
        tell: is told what goes on.

    Raises:
        BenchError: something cannot be measured; a page that shows an error is never timed.
    """
    dataset, (load_before, *_) = available_datasets()[0], psutil.getloadavg()
    with bench_folder() as folder:
        tell("Training a small run to look at.")
        _train_small_run(folder, dataset)
        workers = [_measure(worker, folder, dataset, rounds, tell) for worker in get_args(WorkerKind)]
    ratios = {of.worker: max(page.ratio for page in of.pages) for of in workers}
    return ResponsivenessBenchOutput(
        idle_p95_ms=max(page.idle_p95_ms for of in workers for page in of.pages),
        ratio_process=ratios["process"],
        ratio_thread=ratios["thread"],
        reruns=rounds,
        dataset=dataset,
        workers=workers,
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


def _train_small_run(folder: Path, dataset: str) -> None:
    spec = find_preset(PRESET).spec
    file = folder / "small.json"
    file.write_text(with_block_widths(spec, dict.fromkeys(block_widths(spec), SMALL_WIDTH)).to_json())
    command = [sys.executable, "-m", "cifar_core", "train", str(file), "--dataset", dataset, *SMALL_RUN]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(folder / "runs"), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"The small run failed: {done.stderr.strip().rpartition(chr(10))[2]}")


def _measure(
    worker: WorkerKind, folder: Path, dataset: str, rounds: int, tell: Callable[[str], None]
) -> WorkerResponse:
    runs = folder / worker
    shutil.copytree(folder / "runs", runs)
    variables = environment(runs, CIFAR_LAB_WORKER=worker)
    config = _training_config(dataset)
    idle: Times = {page.title: [] for page in PAGES}
    training: Times = {page.title: [] for page in PAGES}
    images, seconds = 0, 0.0
    with (
        dashboard(ROOT / "app.py", folder / f"{worker}.log", variables) as url,
        visitor(url, folder / f"{worker}-visitor.log") as person,
        closing(RunStore(folder=runs)) as store,
    ):
        moves = _moves()
        _rerun(person, moves, WARM_UPS)
        for number, part in enumerate(np.array_split(range(rounds), min(BLOCKS, rounds)), 1):
            tell(f"Worker in a {worker}: block {number} of {min(BLOCKS, rounds)}, idle and then training.")
            _rerun(person, moves, len(part), idle)
            trainer = Training(store, config)
            _rerun(person, moves, len(part), training)
            more_images, more_seconds = trainer.stop()
            images, seconds = images + more_images, seconds + more_seconds
    pages = [_response(page.title, idle[page.title], training[page.title]) for page in PAGES]
    return WorkerResponse(worker=worker, pages=pages, images_per_second=images / seconds)


def _training_config(dataset: str) -> RunConfig:
    config = preset_config(PRESET, dataset)
    training = config.training.changed(batch_size=BATCH_SIZE, epochs=EPOCHS)
    return config.changed(training=training.model_dump())


def _moves() -> Iterator[tuple[int, str]]:
    """Positions of the slider, each another one than before, and the number of parameters that the page must answer."""
    spec = find_preset(PRESET).spec
    for width in itertools.cycle(SLIDER_WIDTHS):
        yield width, count(num_params(with_block_widths(spec, {SLIDER_BLOCK: width}).layers))


def _rerun(person: Visitor, moves: Iterator[tuple[int, str]], reruns: int, times: Times | None = None) -> None:
    """Reruns every page in turn, so many times, and notes how long each took."""
    for _ in range(reruns):
        for page in PAGES:
            ms = _milliseconds(person, page, moves)
            if times is not None:
                times[page.title].append(ms)


def _milliseconds(person: Visitor, page: _Page, moves: Iterator[tuple[int, str]]) -> float:
    """Reruns a page, and times it if it was drawn as it must be."""
    if page is ARCHITECTURE:
        width, expected = next(moves)
        answer = person.rerun(page=page.url, slider=f"width-{SLIDER_BLOCK}", value=width, metric="Parameters")
        if answer["metric"] != expected:
            raise BenchError(
                f"Architecture shows {answer['metric']} parameters at width {width}, and not {expected}: "
                "the slider's move was not answered."
            )
    else:
        answer = person.rerun(page=page.url)
    missing = page.elements - set(answer["elements"])
    if missing:
        raise BenchError(f"The page {page.title} was drawn without its {', '.join(sorted(missing))}.")
    return float(answer["ms"])


def _response(page: str, idle: list[float], training: list[float]) -> PageResponse:
    (idle_p50, idle_p95), (training_p50, training_p95) = (
        np.percentile(times, (50, 95)).tolist() for times in (idle, training)
    )
    return PageResponse(
        page=page,
        idle_p50_ms=idle_p50,
        idle_p95_ms=idle_p95,
        training_p50_ms=training_p50,
        training_p95_ms=training_p95,
        ratio=training_p95 / idle_p95,
    )


def _print(output: ResponsivenessBenchOutput) -> None:
    print_table(
        ("worker", "page", "idle p50", "idle p95", "training p50", "training p95", "ratio of p95"),
        [
            (
                of.worker,
                page.page,
                *(
                    f"{ms:.0f} ms"
                    for ms in (page.idle_p50_ms, page.idle_p95_ms, page.training_p50_ms, page.training_p95_ms)
                ),
                f"{page.ratio:.2f}",
            )
            for of in output.workers
            for page in of.pages
        ],
    )
    click.echo()
    trained = [
        (f"images a second trained meanwhile, worker in a {of.worker}", f"{of.images_per_second:.0f}", "")
        for of in output.workers
    ]
    print_measured(
        [
            ("idle p95, worst page", f"{output.idle_p95_ms:.0f} ms", "400 ms"),
            ("p95 while training / idle, worker in a process", f"{output.ratio_process:.2f}", "1.50"),
            ("p95 while training / idle, worker in a thread", f"{output.ratio_thread:.2f}", "1.50"),
            *trained,
        ],
        output.measured_on,
    )
    dataset = output.dataset if output.dataset == "cifar10" else f"{output.dataset} (CIFAR-10 is missing)"
    click.echo(
        f"{output.reruns} reruns of each page in each state, Model 3 at batch {BATCH_SIZE} on {dataset}; "
        f"load {output.load_before:.1f} before it began."
    )
