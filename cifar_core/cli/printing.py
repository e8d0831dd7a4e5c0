"""How the command line prints: aligned tables for people, bare JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import click
from pydantic import BaseModel


def print_json(output: BaseModel | Sequence[BaseModel]) -> None:
    """Prints one bare JSON object or list."""
    data = (
        output.model_dump(mode="json") if isinstance(output, BaseModel) else [o.model_dump(mode="json") for o in output]
    )
    click.echo(json.dumps(data, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints columns aligned: numbers to the right, words to the left."""
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(header), *cells]) for column in range(len(header))]
    numeric = [
        all(isinstance(row[column], int | float) or row[column] is None for row in rows)
        for column in range(len(header))
    ]
    for line in [list(header), *cells]:
        padded = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def discard_output(stream: TextIO) -> None:
    """Sends what is still printed nowhere: the stream's reader has gone, and every flush would complain again."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)


@contextmanager
def reader_may_go(stream: TextIO) -> Iterator[None]:
    """For printing beside work that must go on when the stream's reader (`| head`) has gone."""
    try:
        yield
    except BrokenPipeError:
        discard_output(stream)


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
