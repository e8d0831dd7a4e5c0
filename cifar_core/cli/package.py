"""`pack` and `unpack`."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.cli.outputs import RunOutput
from cifar_core.cli.package_outputs import PackOutput
from cifar_core.cli.printing import json_option, print_json
from cifar_core.files import write_atomically
from cifar_core.protocol import ACCURACY_LABELS, BEST_LABELS
from cifar_core.runs import RunStore
from cifar_core.runs.package.layout import SUFFIX
from cifar_core.words import counted, percent


@click.command("pack")
@click.argument("run_id", metavar="RUN")
@click.option("--output", type=click.Path(path_type=Path), help=f"The file (default: the run's id with {SUFFIX}).")
@json_option
def pack_command(run_id: str, output: Path | None, as_json: bool) -> None:
    """Write a run that is over into one file, without images, to take along.

    RUN is an id, its beginning or end, or a name. A file of that name is replaced.
    """
    store = RunStore()
    run = store.get(run_id)
    from cifar_core.runs.package.pack import pack

    content = pack(store, run)
    file = output or Path(f"{run.id}{SUFFIX}")
    write_atomically(file, content)
    if as_json:
        print_json(PackOutput.of(run, file, content))
    else:
        click.echo(f"Run {run.id} ({run.name}) is packed into {click.format_filename(file)} ({len(content):,} bytes).")


@click.command("unpack")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def unpack_command(file: Path, as_json: bool) -> None:
    """Add the run of a package to the store. Nothing in the file is executed, and a doubtful file is refused whole."""
    store = RunStore()
    from cifar_core.runs.package.unpack import unpack

    run = unpack(store, file)
    if as_json:
        print_json(RunOutput.of(run))
        return
    protocol = run.config.training.protocol
    best = f"best accuracy {percent(run.best_accuracy)} ({BEST_LABELS[protocol]})"
    if run.best_epoch is None:
        best = f"test accuracy {percent(run.test_accuracy)} ({ACCURACY_LABELS[protocol]})"
    click.echo(f"Run {run.id} ({run.name}) is unpacked: {run.state}, {counted(run.epochs_done, 'epoch')}, {best}.")
