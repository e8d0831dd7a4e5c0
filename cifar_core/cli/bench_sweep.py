"""What a sweep costs beside its trials: the same runs as trials, and queued by hand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import click
import psutil

from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_outputs import BenchMachine, SweepBenchOutput
from cifar_core.cli.printing import json_option, print_json
from cifar_core.data import available_datasets
from cifar_core.errors import BenchError
from cifar_core.runs import RunConfig, RunStore, TrainingJobs, preset_config, training_jobs
from cifar_core.runs.fields import with_fields
from cifar_core.sweeps import SweepSpec, parse_parameter
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.jobs import LOOK_SECONDS
from cifar_core.words import duration

PRESET = "quick-cpu"
PARAMETERS = ("lr=0.05..0.5:log", "label_smoothing=0..0.1")
BY_HAND = "by-hand"
"""In place of a sweep's id: such runs read no test set either."""
BUDGET = "at most 10 %"


@click.command("sweep")
@click.option("--trials", default=12, show_default=True, type=click.IntRange(2, 1_000), help="Of each way.")
@click.option("--epochs", default=2, show_default=True, type=click.IntRange(1, 100), help="A trial.")
@click.option("--limit-train", default=5_000, show_default=True, type=click.IntRange(2), help="Training images.")
@json_option
def sweep_command(trials: int, epochs: int, limit_train: int, as_json: bool) -> None:
    """Time a sweep beside the same runs queued by hand, both in the warm worker process, one after the other."""
    output = bench_sweep(trials, epochs, limit_train)
    if as_json:
        print_json(output)
        return
    rows = [
        (f"{trials} trials as a sweep", duration(output.sweep_seconds), ""),
        ("the same runs queued by hand", duration(output.by_hand_seconds), ""),
        ("overhead", f"{100 * output.overhead:.1f} %", BUDGET),
    ]
    print_measured(rows, output.measured_on)
    click.echo(
        f"{PRESET} on {output.dataset}, {limit_train:,} images, {epochs} epochs a trial, torch {output.torch}; load "
        f"{output.load_before:.1f} before it began."
    )


def bench_sweep(trials: int, epochs: int, limit_train: int) -> SweepBenchOutput:
    """Trains the trials of a sweep, then the same runs again without it.

    Args:
        trials: how many.
        epochs: of each.
        limit_train: training images of each.

    Raises:
        DataError: the data set is missing or damaged.
        BenchError: a run was not completed.
    """
    (load_before, *_), dataset = psutil.getloadavg(), available_datasets()[0]
    spec = _spec(dataset, trials, epochs, limit_train)
    with (
        tempfile.TemporaryDirectory(prefix="cifar-lab-bench-") as folder,
        closing(RunStore(folder=Path(folder))) as store,
        closing(training_jobs(store, "process")) as jobs,
    ):
        _by_hand(store, jobs, [spec.base], "warm-up")
        sweep_seconds, configs = _as_sweep(store, jobs, spec)
        by_hand_seconds = _by_hand(store, jobs, configs, BY_HAND)
    return SweepBenchOutput(
        sweep_seconds=sweep_seconds,
        by_hand_seconds=by_hand_seconds,
        overhead=sweep_seconds / by_hand_seconds - 1,
        trials=trials,
        epochs=epochs,
        images=limit_train,
        preset=PRESET,
        dataset=dataset,
        torch=version("torch"),
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


def _spec(dataset: str, trials: int, epochs: int, limit_train: int) -> SweepSpec:
    fields = {"epochs": epochs, "limit_train": limit_train}
    return SweepSpec.parse(
        {
            "name": "bench",
            "base": with_fields(preset_config(PRESET, dataset), fields).model_dump(),
            "parameters": [parse_parameter(text).model_dump() for text in PARAMETERS],
            "pruner": "none",
            "trials": trials,
        }
    )


def _as_sweep(store: RunStore, jobs: TrainingJobs, spec: SweepSpec) -> tuple[float, list[RunConfig]]:
    driver = SweepDriver(store, store.add_sweep(spec.name, spec.to_json()).id)

    def is_over() -> bool:
        step = driver.step()
        if step.started is not None:
            jobs.ring()
        return step.is_over

    seconds = _timed(is_over)
    return seconds, [run.config for run in store.sweep_runs(driver.id).values()]


def _by_hand(store: RunStore, jobs: TrainingJobs, configs: list[RunConfig], name: str) -> float:
    ids = [store.launch_trial(name, number, config).id for number, config in enumerate(configs)]
    jobs.ring()
    seconds = _timed(lambda: store.get(ids[-1]).state.is_over)
    for run_id in ids:
        run = store.get(run_id)
        if run.error:
            raise BenchError(f"A run was not completed: {run.error}")
    return seconds


def _timed(is_over: Callable[[], bool]) -> float:
    """Seconds until it is, looked at as often as a sweep is driven."""
    started = time.perf_counter()
    while not is_over():
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - started
