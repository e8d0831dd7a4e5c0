"""`code`: a network as stand-alone PyTorch source."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.architecture.codegen import source_code
from cifar_core.cli.describe import any_architecture, preset_option
from cifar_core.cli.importing import answer_option
from cifar_core.files import write_atomically


@click.command("code")
@preset_option
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@answer_option
def code_command(preset_name: str | None, output: Path | None, file: Path | None, answers: tuple[str, ...]) -> None:
    """Write a network as PyTorch source that runs with torch alone.

    FILE is what `describe` takes: JSON, FILE.py:ClassName (which runs the file) or FILE.txt. The weights of a run load
    into the class that stands in the source.
    """
    source = source_code(any_architecture(preset_name, file, answers))
    if output is None:
        click.echo(source, nl=False)
    else:
        write_atomically(output, source.encode())
        click.echo(f"Written to {output}.")
