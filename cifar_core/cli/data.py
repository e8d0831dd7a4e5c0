"""`data fetch` and `data status`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from cifar_core.cli.outputs import DataOutput
from cifar_core.cli.printing import json_option, print_json, reader_may_go
from cifar_core.data import DATASET_NAMES, FetchProgress, dataset_status, fetch_cifar10
from cifar_core.data.fetch import bytes_kept
from cifar_core.words import megabytes

_folder_option = click.option(
    "--data", "folder", type=click.Path(path_type=Path), help="Data folder (default: CIFAR_LAB_DATA, else data/)."
)


@click.group("data")
def data_command() -> None:
    """Fetch or check the data sets."""


@data_command.command("fetch")
@_folder_option
def fetch_command(folder: Path | None) -> None:
    """Download CIFAR-10 (170 MB) unless it is there already; after Ctrl-C the next call goes on from there."""
    bar = _Bar()
    try:
        fetch_cifar10(folder, bar.on_progress)
    except KeyboardInterrupt:
        kept = bytes_kept(folder)
        sentence = f"Interrupted: {megabytes(kept)} are kept, and `data fetch` goes on from there." if kept else ""
        raise click.Abort(sentence) from None
    finally:
        bar.close()
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


class _Bar:
    """A tqdm bar over the bytes, on a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def on_progress(self, progress: FetchProgress) -> None:
        with reader_may_go(sys.stderr):
            if self._bar is None:
                self._bar = tqdm(
                    total=progress.total,
                    initial=progress.received,
                    desc=progress.stage,
                    unit="B",
                    unit_scale=True,
                    leave=False,
                    dynamic_ncols=True,
                    disable=None,
                )
            self._bar.set_description(progress.stage, refresh=progress.stage != "downloading")
            self._bar.update(progress.received - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            with reader_may_go(sys.stderr):
                self._bar.close()
