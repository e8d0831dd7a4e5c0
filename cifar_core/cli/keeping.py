"""`delete`, `restore` and `purge`."""

from __future__ import annotations

import click

from cifar_core.cli.outputs import PurgeOutput, RunOutput
from cifar_core.cli.printing import json_option, print_json
from cifar_core.runs import Run, RunFilter, RunStore
from cifar_core.words import counted

_runs = click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)


@click.command("delete")
@_runs
@json_option
def delete_command(run_ids: tuple[str, ...], as_json: bool) -> None:
    """Take runs out of every list; `restore` brings them back until `purge` removes them.

    RUN is an id, its beginning or end, or a name.
    """
    _tell(RunStore().delete(run_ids), "is deleted: `restore` brings it back", as_json)


@click.command("restore")
@_runs
@json_option
def restore_command(run_ids: tuple[str, ...], as_json: bool) -> None:
    """Bring deleted runs back. RUN is an id, its beginning or end, or a name."""
    _tell(RunStore().restore(run_ids), "is back", as_json)


@click.command("purge")
@click.argument("run_ids", metavar="[RUN...]", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge_command(run_ids: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove deleted runs for good, with their files: those named, or all of them.

    RUN is an id, its beginning or end, or a name.
    """
    store = RunStore()
    # Before anybody is asked, and once: by the time of the answer a name may be another run's.
    named = store.require_deleted(run_ids) if run_ids else None
    number = store.count_found(RunFilter(deleted=True)) if named is None else len(named)
    which = "" if named is None else f" ({', '.join(named)})"
    question = f"Remove {counted(number, 'deleted run')}{which} with all files for good?"
    is_wanted = not number or yes or click.confirm(question, err=True)
    purged = store.purge(named) if is_wanted else 0
    if as_json:
        print_json(PurgeOutput(purged=purged))
    else:
        click.echo(f"{counted(purged, 'run')} removed for good.")


def _tell(runs: list[Run], what: str, as_json: bool) -> None:
    if as_json:
        print_json([RunOutput.of(run) for run in runs])
        return
    for run in runs:
        click.echo(f"Run {run.id} {what}.")
