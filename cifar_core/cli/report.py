"""`report`."""

from __future__ import annotations

from pathlib import Path

import click

from cifar_core.errors import SpecError
from cifar_core.files import write_atomically
from cifar_core.runs import RunStore

_ENDINGS = {"markdown": (".zip",), "html": (".html", ".htm")}
_KINDS = {"markdown": "a zip of text and pictures", "html": "one file"}


@click.command("report")
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@click.option("--format", "kind", type=click.Choice(["markdown", "html"]), default="markdown", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="The file (default: report.zip or report.html).")
def report_command(run_ids: tuple[str, ...], kind: str, output: Path | None) -> None:
    """Write a report of runs in the seed document's form: Markdown with pictures in a zip, or one HTML file.

    RUN is an id, its beginning or end, or a name; several make one report. A file of that name is replaced.
    """
    if output is not None and output.suffix.lower() not in _ENDINGS[kind]:
        raise SpecError(
            f"{output} is no name for it: as {kind} a report is {_KINDS[kind]}, whose name ends in "
            f"{' or '.join(_ENDINGS[kind])}."
        )
    store = RunStore()
    runs = [store.get(run_id) for run_id in run_ids]
    from cifar_core.report.content import make_report
    from cifar_core.report.formats import FORMATS

    chosen = FORMATS[kind]
    content = chosen.write(make_report(store, runs))
    file = output or Path(chosen.file_name)
    write_atomically(file, content)
    click.echo(f"The report is written into {click.format_filename(file)} ({len(content):,} bytes).")
