"""`train` and `resume`: a run in this process, with a progress bar and the seed's log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from cifar_core.cli.describe import chosen_architecture, named_network, preset_option, read_text
from cifar_core.cli.executing import execute_here, no_wait_option
from cifar_core.cli.printing import json_option
from cifar_core.data import DATASET_NAMES, AugmentationSpec, augmentation_names, find_augmentation, require_dataset
from cifar_core.errors import SpecError
from cifar_core.protocol import PROTOCOL_TITLES
from cifar_core.runs import RunConfig, RunStore
from cifar_core.runs.fields import read_assignments, with_fields
from cifar_core.runs.queue import require_resumable
from cifar_core.runs.refit import CHOSEN_BY_NONE, LIMITS_LEFT_OUT, has_limits, refit_config
from cifar_core.training import TrainingSpec, find_recipe, recipe_names

device_option = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]))
precision_option = click.option(
    "--precision", type=click.Choice(["float32", "bfloat16", "float16"]), help="Of the forward pass."
)
execution_option = click.option(
    "--execution", type=click.Choice(["eager", "graph", "compiled"]), help="How a step is carried out."
)


@click.command("train")
@preset_option
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="What to call the run (default: the network's name).")
@click.option("--dataset", type=click.Choice(DATASET_NAMES), default="cifar10", show_default=True)
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="Data folder (default: CIFAR_LAB_DATA).")
@click.option("--augmentation", metavar="NAME|FILE", help=f"{', '.join(augmentation_names())}, or a JSON file.")
@click.option("--recipe", metavar="NAME", help=f"{', '.join(recipe_names())} (default: the preset's, else quick).")
@click.option("--protocol", type=click.Choice(list(PROTOCOL_TITLES)), help="What chooses (default: validation).")
@click.option("--epochs", type=int, help="Passes over the training images.")
@click.option("--batch-size", type=int, help="Images a step.")
@device_option
@precision_option
@execution_option
@click.option(
    "--engine",
    "augmentation_engine",
    type=click.Choice(["albumentations", "batched"]),
    help="What carries the augmentation out (the recipe seed: albumentations).",
)
@click.option("--seed", type=int, help="Decides weights, order, augmentation and dropout.")
@click.option("--validation-images", type=int, help="Training images held out to choose on (default: a tenth).")
@click.option("--limit-train", type=int, metavar="N", help="Train on at most N images: a quick trial.")
@click.option("--limit-test", type=int, metavar="N", help="Evaluate on at most N images of each set.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other field, repeatable: label_smoothing=0.1, width_scale=0.5, architecture.nodes[0].dilation=2.",
)
@no_wait_option
@json_option
def train_command(
    preset_name: str | None,
    file: Path | None,
    name: str | None,
    dataset: str,
    data_folder: Path | None,
    augmentation: str | None,
    recipe: str | None,
    assignments: tuple[str, ...],
    wait: bool,
    as_json: bool,
    **training_options: object,
) -> None:
    """Train a network here and now; Ctrl-C stops it after the running batch.

    FILE is an ArchitectureSpec as JSON. The run appears in the dashboard while it trains.
    """
    if data_folder is not None:
        os.environ["CIFAR_LAB_DATA"] = str(data_folder)
    config = run_config(preset_name, file, name, dataset, augmentation, recipe, training_options)
    options = {name: _option(name) for name in _given(training_options)}
    config = with_fields(config, read_assignments(assignments, options))
    require_dataset(dataset)
    if config.training.protocol == "refit":
        click.echo(CHOSEN_BY_NONE, err=True)
    store = RunStore()
    execute_here(store, config, lambda: store.start(config), as_json, wait)


@click.command("resume")
@click.argument("run_id", metavar="RUN")
@no_wait_option
@json_option
def resume_command(run_id: str, wait: bool, as_json: bool) -> None:
    """Go on with a stopped, failed or interrupted run, here and now, from its last whole epoch.

    RUN is an id, its beginning or end, or a name. On the machine, versions and number of threads that it began with, it
    comes to the same weights as without the interruption.
    """
    store = RunStore()
    run = store.get(run_id)
    require_resumable(run)
    require_dataset(run.config.dataset)
    execute_here(store, run.config, lambda: store.resume_here(run.id), as_json, wait)


@click.command("refit")
@click.argument("run_id", metavar="RUN")
@click.option("--seed", type=int, help="Decides weights, order, augmentation and dropout (default: the run's).")
@device_option
@precision_option
@execution_option
@no_wait_option
@json_option
def refit_command(run_id: str, wait: bool, as_json: bool, **options: object) -> None:
    """Train anew on all images with the settings that a run chose on its validation images, here and now.

    The last epoch counts, and the test set is read once, at the end; the limits of a quick trial do not
    apply. RUN is an id, its beginning or end, or a name.
    """
    store = RunStore()
    run = store.get(run_id)
    config = refit_config(run)
    config = config.changed(training=config.training.changed(**_given(options)).model_dump())
    if not as_json and has_limits(run):
        click.echo(LIMITS_LEFT_OUT)
    require_dataset(config.dataset)
    execute_here(store, config, lambda: store.start(config, run.id), as_json, wait)


def _option(field: str) -> str:
    """The option that sets a field of the training."""
    return "--engine" if field == "augmentation_engine" else f"--{field.replace('_', '-')}"


def run_config(
    preset_name: str | None,
    file: Path | None,
    name: str | None = None,
    dataset: str = "cifar10",
    augmentation: str | None = None,
    recipe: str | None = None,
    training_options: Mapping[str, object] | None = None,
) -> RunConfig:
    """A network with what its preset brings, and what was asked for in place of that; what is None was not asked for.

    Raises:
        SpecError: there is no such network, or what was asked for cannot be.
    """
    architecture = chosen_architecture(preset_name, file)
    preset = named_network(preset_name) if preset_name else None
    return RunConfig.parse(
        {
            "name": name or architecture.name,
            "dataset": dataset,
            "architecture": architecture.model_dump(),
            "augmentation": _augmentation(
                augmentation or (preset.augmentation if preset else "assignment")
            ).model_dump(),
            "training": _training(
                recipe or (preset.recipe if preset else "quick"), training_options or {}
            ).model_dump(),
        }
    )


def _training(recipe: str, options: Mapping[str, object]) -> TrainingSpec:
    return find_recipe(recipe).spec.changed(**_given(options))


def _given(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _augmentation(wanted: str) -> AugmentationSpec:
    if wanted in augmentation_names():
        return find_augmentation(wanted).spec
    if not os.path.isfile(wanted):  # Path.is_file raises on a name that is too long
        raise SpecError(
            f"augmentation is {wanted!r}: it must be {', '.join(augmentation_names())} or a JSON file that exists."
        )
    return AugmentationSpec.parse(read_text(Path(wanted)))
