"""`export`."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.analysis.export.formats import FORMATS, export_run
from cifar_core.cli.package_outputs import ExportOutput
from cifar_core.cli.printing import json_option, print_json
from cifar_core.files import staged, write_atomically
from cifar_core.runs import RunStore


@click.command("export")
@click.argument("run_id", metavar="RUN")
@click.option("--format", "kind", type=click.Choice(list(FORMATS)), required=True, help="What to write.")
@click.option(
    "--output",
    type=click.Path(),
    help="The file, or a folder for it (default: here, named after the run's id).",
)
@json_option
def export_command(run_id: str, kind: str, output: str | None, as_json: bool) -> None:
    """Write a run for another program: its network, or what it measured. RUN is an id, its beginning or end, or a name.

    A file with a network is tried before it is written: where its outputs are not the network's, there is no file. A
    file of that name is replaced. ONNX and TensorBoard need what requirements-export.txt installs.
    """
    store = RunStore()
    run = store.get(run_id)
    FORMATS[kind].require_packages()
    default = f"{run.id}{FORMATS[kind].suffix}"
    file = Path(output or default)
    if output and (file.is_dir() or output.endswith("/")):  # a folder that is not there is told, not made a file
        file = file / default
    with staged(file, b""):
        pass  # a place that cannot be written is told before the work, not after it
    export = export_run(store, run, kind)
    write_atomically(file, export.content)
    if as_json:
        print_json(ExportOutput.exported(run, kind, file, export))
        return
    size = f"{len(export.content):,} bytes"
    click.echo(f"Run {run.id} ({run.name}) is exported to {click.format_filename(file)} ({size}).")
    if export.check_sentence:
        click.echo(export.check_sentence)
