"""`runs`, `show` and `stop`."""

from __future__ import annotations

import click

from cifar_core.cli.outputs import RunDetailOutput, RunOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.protocol import ACCURACY_LABELS, SPLIT_WORDS, evaluation_split
from cifar_core.runs import Run, RunFiles, RunFilter, RunOrigin, RunStore
from cifar_core.training.metrics import EpochMetrics
from cifar_core.words import moment, percent


@click.command("runs")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@click.option("--find", "text", default="", metavar="TEXT", help="Part of a name, a note, a tag or an id.")
@click.option("--tag", "tags", multiple=True, help="Only runs with this tag; may be given several times.")
@click.option("--deleted", is_flag=True, help="Only the deleted ones.")
@json_option
def runs_command(limit: int, text: str, tags: tuple[str, ...], deleted: bool, as_json: bool) -> None:
    """List the runs, newest first."""
    wanted = RunFilter(text=text, tags=tags, deleted=deleted)
    runs = RunStore().find_runs(wanted, limit=limit)
    if as_json:
        print_json([RunOutput.of(run) for run in runs])
        return
    if not runs and wanted != RunFilter():
        click.echo("No run is like that.")
        return
    if not runs:
        click.echo("There are no runs yet: `python -m cifar_core train --preset seed-model-3` makes one.")
        return
    header = "id,name,data,origin,state,parameters,field,epochs,best,on,test,protocol"
    print_table(header.split(","), [_line(run) for run in runs])


def _line(run: Run) -> tuple[str, ...]:
    protocol = run.config.training.protocol
    tested = f"{percent(run.test_accuracy)} ({ACCURACY_LABELS[protocol]})"
    return (
        run.id,
        run.name,
        run.config.dataset,
        run.origin,
        run.state,
        f"{run.num_params:,}",
        str(run.receptive_field),
        f"{run.epochs_done}/{run.config.training.epochs}",
        "-" if run.best_epoch is None else f"{percent(run.best_accuracy)} @ {run.best_epoch}",
        "-" if run.best_epoch is None else evaluation_split(protocol),
        "-" if run.test_accuracy is None else tested,
        protocol,
    )


@click.command("show")
@click.argument("run_id", metavar="RUN")
@json_option
def show_command(run_id: str, as_json: bool) -> None:
    """Show a run: its figures by epoch, its history and the end of its log.

    RUN is an id, its beginning or end, or a name.
    """
    store = RunStore()
    run = store.get(run_id)
    if as_json:
        print_json(RunDetailOutput.of_stored(store, run))
        return
    folder = store.run_folder(run.id)
    click.echo(f"Run {run.id}: {run.name}, {run.state}" + (f" ({run.error})" if run.error else ""))
    click.echo(
        f"Data set {run.config.dataset}, protocol {run.config.training.protocol}, seed {run.config.training.seed}"
    )
    click.echo(f"Device {run.device or '-'}, {', '.join(f'{k} {v}' for k, v in run.environment.items()) or '-'}")
    if run.tags:
        click.echo(f"Tags {', '.join(run.tags)}")
    if run.note:
        click.echo(f"Note {run.note}")
    if run.deleted_at:
        click.echo(f"Deleted {moment(run.deleted_at)} (UTC): `restore` brings it back")
    if run.origin == RunOrigin.EXAMPLE:
        click.echo("Shipped with CIFAR Lab as an example")
    elif run.origin == RunOrigin.UNPACKED:
        click.echo("Unpacked from a package")
    if run.parent_id:
        click.echo(f"Cloned from {run.parent_id}")
    if run.group_id:
        click.echo(f"Group {run.group_id}: {', '.join(member.id for member in store.group(run.group_id))}")
    click.echo(f"Folder {folder}\n")
    _print_epochs(store.epochs(run.id))
    if run.clean_train_accuracy is not None:
        click.echo(f"\nClean training accuracy {percent(run.clean_train_accuracy)}")
    if run.test_accuracy is not None:
        click.echo(f"Test accuracy {percent(run.test_accuracy)} ({ACCURACY_LABELS[run.config.training.protocol]})")
    click.echo("\nHistory (UTC):")
    for event in store.history(run.id):
        click.echo(f"  {moment(event.at)}  {event.state}" + (f": {event.note}" if event.note else ""))
    tail = RunFiles(folder).log_tail(6)
    if tail:
        click.echo("\nEnd of the log:\n" + "\n".join(f"  {line}" for line in tail))


def _print_epochs(epochs: list[EpochMetrics]) -> None:
    rows = [
        (
            m.epoch,
            f"{m.train_loss:.4f}",
            percent(m.train_accuracy),
            f"{m.eval_loss:.4f}",
            percent(m.eval_accuracy),
            f"{m.learning_rate:.4f}",
            f"{m.images_per_second:.0f}",
            f"{m.seconds:.0f}",
        )
        for m in epochs
    ]
    split = SPLIT_WORDS[epochs[0].split if epochs else "validation"]
    header = ("epoch", "train loss", "train", f"{split} loss", split, "learning rate", "images/s", "seconds")
    print_table(header, rows)


@click.command("stop")
@click.argument("run_id", metavar="RUN")
@json_option
def stop_command(run_id: str, as_json: bool) -> None:
    """Stop a queued or running run, wherever it trains. RUN is an id, its beginning or end, or a name."""
    run = RunStore().request_stop(run_id)
    if as_json:
        print_json(RunOutput.of(run))
    else:
        click.echo(f"Run {run.id} is {run.state}.")
