"""How quick the pages stay over ten thousand stored runs, and over ten thousand predictions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click
import numpy as np
import psutil
from sqlalchemy import insert

from cifar_core.architecture import find_preset, with_block_widths
from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_dashboard import ROOT, Visitor, bench_folder, dashboard, environment, visitor
from cifar_core.cli.bench_outputs import BenchMachine, StoreBenchOutput, TabResponse
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import available_datasets, dataset_info, shared_dataset
from cifar_core.errors import BenchError
from cifar_core.runs import Predictions, RunConfig, RunFiles, RunState, preset_config
from cifar_core.runs.database import Database
from cifar_core.runs.rows import new_run_row
from cifar_core.runs.tables import EpochRow, RunRow
from cifar_core.settings import sqlite_url
from cifar_core.words import count

PRESET, WIDTHS, SEEDS = "seed-model-3", range(16, 116), 5
"""What the stored runs are of: each width of the first block trained with each of the learning rates and seeds."""
EPOCHS = 12
PREDICTIONS = 10_000
RIGHT_SHARE = 0.85
WARM_UPS = 10
TABS = {
    "newest first": "runs",
    "by best accuracy": "runs?sort=Best+accuracy",
    "found by text": "runs?find=rate",
}
"""What stands before the table on each tab; on each of them pages of the table are turned."""


@click.command("store")
@click.option("--runs", default=10_000, show_default=True, type=click.IntRange(200, 1_000_000), help="Stored runs.")
@click.option("--rounds", default=50, show_default=True, type=click.IntRange(1, 1000), help="Reruns of each tab.")
@json_option
def store_command(runs: int, rounds: int, as_json: bool) -> None:
    """Time the Runs page over many stored runs, and the Mistakes page over 10,000 predictions."""

    def tell(sentence: str) -> None:
        if not as_json:
            click.echo(sentence, err=True)

    output = bench_store(runs, rounds, tell)
    if as_json:
        print_json(output)
    else:
        _print(output)


def bench_store(runs: int, rounds: int, tell: Callable[[str], None]) -> StoreBenchOutput:
    """Makes a store of runs that were never trained, and times reruns of real pages over it.

    Args:
        runs: how many.
        rounds: reruns of each tab.
        tell: is told what goes on.

    Raises:
        BenchError: something cannot be measured; a page that shows an error is never timed.
    """
    dataset, (load_before, *_) = available_datasets()[0], psutil.getloadavg()
    with bench_folder() as folder:
        tell(f"Storing {count(runs)} runs.")
        newest = fill_store(folder / "runs", runs, dataset)
        _store_predictions(folder / "runs" / newest, dataset)
        tell("Turning pages.")
        with (
            dashboard(ROOT / "app.py", folder / "server.log", environment(folder / "runs")) as url,
            visitor(url, folder / "visitor.log") as person,
        ):
            tabs = [_turn_pages(person, title, page, rounds) for title, page in TABS.items()]
            errors = _times(person, f"mistakes?run={newest}&split=Test", rounds, {"plotly_chart", "bidi_component"})
    return StoreBenchOutput(
        runs_p95_ms=max(tab.p95_ms for tab in tabs),
        errors_p95_ms=float(np.percentile(errors, 95)),
        runs=runs,
        predictions=PREDICTIONS,
        reruns=rounds,
        tabs=tabs,
        dataset=dataset,
        load_before=load_before,
        measured_on=BenchMachine.here(),
    )


def fill_store(folder: Path, runs: int, dataset: str) -> str:
    """Stores completed runs with made-up accuracies, for timing alone; returns the id of the newest."""
    random = np.random.default_rng(0)
    newest = ""
    with closing(Database(sqlite_url(folder))) as database, database.writing() as session:
        for number, config in enumerate(itertools.islice(_configs(dataset), runs), 1):
            accuracies = np.sort(random.uniform(0.3, 0.95, EPOCHS))
            row = new_run_row(config, number)
            row.state, row.epochs_done, row.best_epoch = RunState.COMPLETED, EPOCHS, EPOCHS
            row.started_at = row.finished_at = row.created_at
            row.best_accuracy = row.last_accuracy = float(accuracies[-1])
            row.test_accuracy = row.clean_train_accuracy = float(accuracies[-2])
            row.device, row.spent_seconds, row.size_bytes = "CPU", 12.0, 1_000_000
            session.add(row)
            session.flush()
            session.execute(insert(EpochRow), [_epoch(row, epoch, float(a)) for epoch, a in enumerate(accuracies, 1)])
            session.expunge(row)
            newest = row.id if row.id > newest else newest
    return newest


def _configs(dataset: str) -> Iterator[RunConfig]:
    """Configurations without end: widths, learning rates and seeds."""
    base, spec = preset_config(PRESET, dataset), find_preset(PRESET).spec
    for rate in itertools.count(1):
        for width in WIDTHS:
            network = with_block_widths(spec, {"C1": width})
            for seed in range(SEEDS):
                optimizer = base.training.optimizer.changed(learning_rate=rate / 100)
                training = base.training.changed(seed=seed, optimizer=optimizer.model_dump())
                yield RunConfig(
                    name=f"width {width}, rate {rate / 100:g}",
                    dataset=base.dataset,
                    architecture=network,
                    augmentation=base.augmentation,
                    training=training,
                )


def _epoch(row: RunRow, epoch: int, accuracy: float) -> dict[str, object]:
    measured = {"eval_accuracy": accuracy, "train_accuracy": 0.9 * accuracy, "eval_loss": 1 - accuracy}
    shape = {"split": "validation", "batches": 352, "eval_correct": round(5000 * accuracy), "eval_count": 5000}
    pace = {"learning_rate": 0.1, "images_per_second": 1000.0, "seconds": 1.0}
    return {
        "run_id": row.id,
        "epoch": epoch,
        "train_loss": 1.0,
        "last_batch_loss": 1.0,
        **measured,
        **shape,
        **pace,
    }


def _store_predictions(folder: Path, dataset: str) -> None:
    """Predictions of no network, for timing alone: of every image several times over where there are fewer."""
    # The page refuses predictions whose targets are not those of the images.
    images, random = shared_dataset(dataset).test, np.random.default_rng(0)
    index = np.arange(PREDICTIONS) % len(images)
    targets, classes = images.targets[index], len(dataset_info(dataset).class_names)
    logits = random.normal(0, 1, (PREDICTIONS, classes))
    right = random.random(PREDICTIONS) < RIGHT_SHARE
    logits[right, targets[right]] += 6
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    folder.mkdir(parents=True, exist_ok=True)
    RunFiles(folder).save_predictions("test", Predictions(index, targets, probabilities.astype(np.float32), EPOCHS))


def _turn_pages(person: Visitor, title: str, page: str, rounds: int) -> TabResponse:
    times = _times(person, page, rounds, {"dataframe"}, number="page-of-run")
    p50, p95 = np.percentile(times, (50, 95)).tolist()
    return TabResponse(tab=title, p50_ms=p50, p95_ms=p95)


def _times(person: Visitor, page: str, rounds: int, elements: set[str], number: str | None = None) -> list[float]:
    """Milliseconds of reruns; with a number input, each enters another number from 2 on."""
    times = []
    for turn in range(WARM_UPS + rounds):
        moved = {"number": number, "value": 2 + turn % 3} if number else {}
        answer = person.rerun(page=page, **moved)
        missing = elements - set(answer["elements"])
        if missing:
            raise BenchError(f"The page {page} was drawn without its {', '.join(sorted(missing))}.")
        if turn >= WARM_UPS:
            times.append(float(answer["ms"]))
    return times


def _print(output: StoreBenchOutput) -> None:
    print_table(("Runs page", "p50", "p95"), [(t.tab, f"{t.p50_ms:.0f} ms", f"{t.p95_ms:.0f} ms") for t in output.tabs])
    click.echo()
    print_measured(
        [
            (f"Runs over {count(output.runs)} runs, p95, slowest tab", f"{output.runs_p95_ms:.0f} ms", "300 ms"),
            (
                f"Mistakes over {count(output.predictions)} predictions, p95",
                f"{output.errors_p95_ms:.0f} ms",
                "300 ms",
            ),
        ],
        output.measured_on,
    )
    click.echo(
        f"{output.reruns} reruns of each tab on {output.dataset}; load {output.load_before:.1f} before it began."
    )
