"""`class`."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.analysis.run_rules import RunLimits
from cifar_core.architecture import RuleLimits
from cifar_core.classroom.claims import MAX_BYTES, Claims, read_claims
from cifar_core.classroom.csv_file import class_csv
from cifar_core.classroom.judging import judge_class
from cifar_core.classroom.submissions import Submission, read_submissions
from cifar_core.classroom.table import ClassLimits, ClassRow, ClassTable
from cifar_core.classroom.telling import summary
from cifar_core.classroom.weights import Recomputed, recompute, with_weights
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.errors import SpecError
from cifar_core.files import staged, write_atomically
from cifar_core.words import count, counted, percent

_NETWORK, _RUN = RuleLimits(), RunLimits()


@click.command("class")
@click.argument("source", metavar="FOLDER|ZIP", type=click.Path(path_type=Path))
@click.option(
    "--claims",
    "claims_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV with what the students say: file or author, and any of params, receptive_field, accuracy.",
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the table there; a file that is there is replaced.",
)
@click.option(
    "--min-field",
    type=click.IntRange(1),
    metavar="PIXELS",
    default=_NETWORK.receptive_field_above + 1,
    show_default=True,
    help="Least receptive field before pooling.",
)
@click.option(
    "--max-params",
    type=click.IntRange(0),
    metavar="N",
    default=_NETWORK.params_below - 1,
    show_default=True,
    help="Most parameters.",
)
@click.option("--blocks", type=click.IntRange(1), metavar="N", default=_NETWORK.blocks, show_default=True)
@click.option(
    "--min-accuracy",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=_RUN.accuracy_from,
    show_default=True,
    help="Least test accuracy on CIFAR-10 of a run package, in 0..1.",
)
@click.option(
    "--recompute",
    "anew",
    is_flag=True,
    help="Compute the accuracy of each run package from its weights, on the test images at hand: minutes on a CPU.",
)
@json_option
def class_command(
    source: Path,
    claims_file: Path | None,
    csv_file: Path | None,
    min_field: int,
    max_params: int,
    blocks: int,
    min_accuracy: float,
    anew: bool,
    as_json: bool,
) -> None:
    """Judge what a class handed in: specs (.json), printed models (.txt) and run packages (.cifarrun).

    Nothing in the folder or zip is run or unpacked onto the disk. A file that cannot be read keeps its row, with the
    reason.
    """
    limits = ClassLimits(
        network=RuleLimits(blocks=blocks, receptive_field_above=min_field - 1, params_below=max_params + 1),
        run=RunLimits(accuracy_from=min_accuracy),
    )
    if csv_file is not None and not csv_file.parent.is_dir():
        raise SpecError(f"--csv is {csv_file}: there is no folder {csv_file.parent}.")
    claims = None if claims_file is None else _claims(claims_file)
    submissions = read_submissions(source)
    if csv_file is not None:
        with staged(csv_file, b""):  # that it cannot be written is told before the minutes, not after them
            pass
    recomputed = _recomputed(source, submissions) if anew else {}
    table = judge_class(submissions, claims, limits, recomputed)
    if as_json:
        print_json(table)
    else:
        _print(table)
    if csv_file is not None:
        # Behind the table, which a disk that has filled up since must not take along.
        write_atomically(csv_file, class_csv(table).encode("utf-8-sig"))  # Excel takes UTF-8 for something else without
        if not as_json:
            click.echo(f"{click.format_filename(csv_file)} holds the table.")


def _claims(file: Path) -> Claims:
    try:
        if file.exists() and not file.is_file():
            raise SpecError(f"{file} cannot be read: it is no plain file.")
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SpecError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    return read_claims(content, file.name)


def _recomputed(source: Path, submissions: tuple[Submission, ...]) -> dict[str, Recomputed]:
    """With a line on stderr as each is done."""
    total, found = len(with_weights(submissions)), dict[str, Recomputed]()
    for file, result in recompute(source, submissions):
        found[file] = result
        told = result.problem or f"{percent(result.accuracy)} of {counted(result.images, 'test image')}"
        click.echo(f"{len(found)} of {total}: {file}: {told.rstrip('.')}.", err=True)
    return found


def _print(table: ClassTable) -> None:
    header = (
        "file",
        "author",
        "rules",
        "parameters",
        "to spare",
        "said",
        "field",
        "more",
        "said",
        "accuracy",
        "said",
        "same",
    )
    judged = [row for row in table.rows if not row.problem]
    if judged:
        print_table(header, [_cells(row) for row in judged])
        click.echo()
    for row in judged:
        if row.failed_rules:
            click.echo(f"{row.file}: not met: {', '.join(row.failed_rules)}.")
    for row in table.rows:
        for sentence in filter(None, (row.problem, *row.notes)):
            click.echo(f"{row.file}: {sentence}")
    for line in (*table.notes, *summary(table)):
        click.echo(line)


def _cells(row: ClassRow) -> tuple[object, ...]:
    said = row.verdicts
    return (
        row.file,
        row.author,
        "met" if row.passed else "not met",
        row.params,
        row.params_margin,
        _said(count(row.claimed.params), said.params),
        row.receptive_field,
        row.field_margin,
        _said(count(row.claimed.receptive_field), said.receptive_field),
        percent(row.accuracy),
        _said(percent(row.claimed.accuracy), said.accuracy),
        row.identical or "-",
    )


def _said(text: str, verdict: str | None) -> str:
    return text if verdict in (None, "right") else f"{text} ({verdict})"
