"""`train`: a run in this process, with a progress bar and the seed's log."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from cifar_core.architecture import find_preset
from cifar_core.cli.describe import chosen_architecture, read_text
from cifar_core.cli.outputs import RunDetailOutput
from cifar_core.cli.printing import json_option, print_json, reader_may_go
from cifar_core.data import DATASET_NAMES, AugmentationSpec, augmentation_names, find_augmentation, require_dataset
from cifar_core.errors import SpecError
from cifar_core.protocol import ACCURACY_LABELS, BEST_LABELS, evaluation_split
from cifar_core.runs import Run, RunConfig, RunState, RunStore
from cifar_core.runs.seed_log import epoch_lines, train_line
from cifar_core.training import TrainingSpec, find_recipe, recipe_names
from cifar_core.training.metrics import EpochMetrics, StepProgress
from cifar_core.words import percent


@click.command("train")
@click.option("--preset", "preset_name", metavar="NAME", help="A preset network.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="What to call the run (default: the network's name).")
@click.option("--dataset", type=click.Choice(DATASET_NAMES), default="cifar10", show_default=True)
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="Data folder (default: CIFAR_LAB_DATA).")
@click.option("--augmentation", metavar="NAME|FILE", help=f"{', '.join(augmentation_names())}, or a JSON file.")
@click.option("--recipe", metavar="NAME", help=f"{', '.join(recipe_names())} (default: the preset's, else quick).")
@click.option("--protocol", type=click.Choice(["validation", "seed"]), help="What chooses (default: validation).")
@click.option("--epochs", type=int, help="Passes over the training images.")
@click.option("--batch-size", type=int, help="Images a step.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]))
@click.option("--seed", type=int, help="Decides weights, order, augmentation and dropout.")
@click.option("--validation-images", type=int, help="Training images held out to choose on (default: a tenth).")
@click.option("--limit-train", type=int, metavar="N", help="Train on at most N images: a quick trial.")
@click.option("--limit-test", type=int, metavar="N", help="Evaluate on at most N images of each set.")
@json_option
def train_command(
    preset_name: str | None,
    file: Path | None,
    name: str | None,
    dataset: str,
    data_folder: Path | None,
    augmentation: str | None,
    recipe: str | None,
    as_json: bool,
    **training_options: object,
) -> None:
    """Train a network here and now; Ctrl-C stops it after the running batch.

    FILE is an ArchitectureSpec as JSON. The run appears in the dashboard while it trains.
    """
    if data_folder is not None:
        os.environ["CIFAR_LAB_DATA"] = str(data_folder)
    architecture = chosen_architecture(preset_name, file)
    preset = find_preset(preset_name) if preset_name else None
    config = RunConfig.parse(
        {
            "name": name or architecture.name,
            "dataset": dataset,
            "architecture": architecture.model_dump(),
            "augmentation": _augmentation(
                augmentation or (preset.augmentation if preset else "assignment")
            ).model_dump(),
            "training": _training(recipe or (preset.recipe if preset else "quick"), training_options).model_dump(),
        }
    )
    require_dataset(dataset)
    run = _execute(config, quiet=as_json)
    if as_json:
        store = RunStore()
        print_json(RunDetailOutput.of_run(run, store.epochs(run.id), str(store.run_folder(run.id))))
    else:
        _print_end(run)
    # What the run's own sentence said is on stderr already; a person's own stop is no failure.
    click.get_current_context().exit(0 if run.state in (RunState.COMPLETED, RunState.STOPPED) else 1)


def _training(recipe: str, options: dict[str, object]) -> TrainingSpec:
    changes = {field: value for field, value in options.items() if value is not None}
    return find_recipe(recipe).spec.changed(**changes)


def _augmentation(wanted: str) -> AugmentationSpec:
    if wanted in augmentation_names():
        return find_augmentation(wanted).spec
    if not os.path.isfile(wanted):  # Path.is_file raises on a name that is too long
        raise SpecError(
            f"augmentation is {wanted!r}: it must be {', '.join(augmentation_names())} or a JSON file that exists."
        )
    return AugmentationSpec.parse(read_text(Path(wanted)))


def _execute(config: RunConfig, quiet: bool) -> Run:
    # Imported here, behind every check of what was asked: this needs torch, and a typing error must not wait for it.
    from cifar_core.runs.experiment import RunListener, check_runnable, execute_run

    store = RunStore()
    check_runnable(store, config)
    claim = store.start(config)
    if not quiet:
        with reader_may_go(sys.stdout):
            click.echo(f"Run {claim.run_id}: {config.name} on {config.dataset}")
    bar = _Bar(quiet)
    with _interrupts() as interrupted:

        def should_stop() -> bool:
            # Told to the store here: the signal may come in the middle of a write, whose lock its handler would await.
            if interrupted():
                store.request_stop(claim.run_id)
            return interrupted()

        try:
            run = execute_run(store, claim, RunListener(bar.on_progress, bar.on_epoch, should_stop))
        finally:
            bar.close()
    if run.error:
        click.echo(f"error: {run.error}", err=True)
    return run


class _Bar:
    """A tqdm bar for the running epoch, and the seed's lines after it."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: tqdm[Any] | None = None

    def on_progress(self, progress: StepProgress) -> None:
        if self._quiet:
            return
        with reader_may_go(sys.stderr):
            if self._bar is None:
                self._bar = tqdm(total=progress.batches, leave=False, dynamic_ncols=True)
            self._bar.set_description(train_line(progress), refresh=False)
            self._bar.update(progress.batch - self._bar.n)

    def on_epoch(self, metrics: EpochMetrics) -> None:
        self.close()
        if self._quiet:
            return
        heading, training, evaluation = epoch_lines(metrics)
        with reader_may_go(sys.stdout):
            click.echo(f"{heading}\n{training} [{metrics.seconds:.0f} s, {metrics.images_per_second:.0f} images/s]")
            click.echo(f"{evaluation}\n")

    def close(self) -> None:
        if self._bar is not None:
            with reader_may_go(sys.stderr):
                self._bar.close()
            self._bar = None


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Gives whether Ctrl-C was pressed; a second one ends the program at once."""
    pressed = False

    def press(signum: int, frame: object) -> None:
        nonlocal pressed
        pressed = True
        # Python's own, not the handler from before: a shell that starts this in the background has the signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        click.echo("\nStopping after this batch; Ctrl-C again ends at once.", err=True)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _print_end(run: Run) -> None:
    protocol = run.config.training.protocol
    click.echo(f"Run {run.id} is {run.state} after {run.epochs_done} of {run.config.training.epochs} epochs.")
    if run.best_epoch is not None:
        split = evaluation_split(protocol)
        best = f"{percent(run.best_accuracy)} at epoch {run.best_epoch} ({BEST_LABELS[protocol]})"
        click.echo(f"{f'Best {split} accuracy':24} {best}")
    if run.clean_train_accuracy is not None:
        click.echo(f"Clean training accuracy  {percent(run.clean_train_accuracy)}")
    if run.test_accuracy is not None:
        click.echo(f"Test accuracy            {percent(run.test_accuracy)} ({ACCURACY_LABELS[protocol]})")
