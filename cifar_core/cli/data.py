"""`data fetch` and `data status`."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.cli.outputs import DataOutput
from cifar_core.cli.printing import json_option, print_json
from cifar_core.data import DATASET_NAMES, dataset_status, fetch_cifar10

_folder_option = click.option(
    "--data", "folder", type=click.Path(path_type=Path), help="Data folder (default: CIFAR_LAB_DATA, else data/)."
)


@click.group("data")
def data_command() -> None:
    """Fetch or check the data sets."""


@data_command.command("fetch")
@_folder_option
def fetch_command(folder: Path | None) -> None:
    """Download CIFAR-10 (170 MB) unless it is there already."""
    fetch_cifar10(folder)
    click.echo(dataset_status("cifar10", folder, verify=True).sentence)


@data_command.command("status")
@_folder_option
@json_option
def status_command(folder: Path | None, as_json: bool) -> None:
    """Say which data sets are at hand; CIFAR-10's files are compared with the official md5."""
    statuses = [dataset_status(name, folder, verify=True) for name in DATASET_NAMES]
    if as_json:
        print_json([DataOutput(**{name: getattr(s, name) for name in DataOutput.model_fields}) for s in statuses])
        return
    for status in statuses:
        click.echo(f"{status.name:8} {'ok' if status.available else 'missing':8} {status.sentence}")
