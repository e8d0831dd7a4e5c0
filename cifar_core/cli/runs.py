"""`runs`, `show` and `stop`."""

from __future__ import annotations

import click

from cifar_core.cli.outputs import RunDetailOutput, RunOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.protocol import ACCURACY_LABELS, evaluation_split
from cifar_core.runs import RunFiles, RunStore
from cifar_core.words import percent


@click.command("runs")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@json_option
def runs_command(limit: int, as_json: bool) -> None:
    """List the runs, newest first."""
    runs = RunStore().list_runs(limit=limit)
    if as_json:
        print_json([RunOutput.of(run) for run in runs])
        return
    if not runs:
        click.echo("There are no runs yet: `python -m cifar_core train --preset seed-model-3` makes one.")
        return
    rows = []
    for run in runs:
        best = "-" if run.best_epoch is None else f"{percent(run.best_accuracy)} @ {run.best_epoch}"
        protocol = run.config.training.protocol
        tested = f"{percent(run.test_accuracy)} ({ACCURACY_LABELS[protocol]})" if run.test_accuracy is not None else "-"
        epochs = f"{run.epochs_done}/{run.config.training.epochs}"
        params, field = f"{run.num_params:,}", str(run.receptive_field)
        rows.append(
            (
                run.id,
                run.name,
                run.config.dataset,
                run.state,
                params,
                field,
                epochs,
                best,
                evaluation_split(protocol),
                tested,
                protocol,
            )
        )
    header = ("id", "name", "data", "state", "parameters", "field", "epochs", "best", "on", "test", "protocol")
    print_table(header, rows)


@click.command("show")
@click.argument("run_id", metavar="RUN")
@json_option
def show_command(run_id: str, as_json: bool) -> None:
    """Show a run: its figures by epoch and the end of its log. RUN is an id or its beginning."""
    store = RunStore()
    run = store.get(run_id)
    epochs = store.epochs(run.id)
    folder = store.run_folder(run.id)
    if as_json:
        print_json(RunDetailOutput.of_run(run, epochs, str(folder)))
        return
    click.echo(f"Run {run.id}: {run.name}, {run.state}" + (f" ({run.error})" if run.error else ""))
    click.echo(
        f"Data set {run.config.dataset}, protocol {run.config.training.protocol}, seed {run.config.training.seed}"
    )
    click.echo(f"Device {run.device or '-'}, {', '.join(f'{k} {v}' for k, v in run.environment.items()) or '-'}")
    click.echo(f"Folder {folder}\n")
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
    split = epochs[0].split if epochs else "validation"
    header = ("epoch", "train loss", "train", f"{split} loss", split, "learning rate", "images/s", "seconds")
    print_table(header, rows)
    if run.clean_train_accuracy is not None:
        click.echo(f"\nClean training accuracy {percent(run.clean_train_accuracy)}")
    if run.test_accuracy is not None:
        click.echo(f"Test accuracy {percent(run.test_accuracy)} ({ACCURACY_LABELS[run.config.training.protocol]})")
    tail = RunFiles(folder).log_tail(6)
    if tail:
        click.echo("\nEnd of the log:\n" + "\n".join(f"  {line}" for line in tail))


@click.command("stop")
@click.argument("run_id", metavar="RUN")
@json_option
def stop_command(run_id: str, as_json: bool) -> None:
    """Stop a queued or running run, wherever it trains. RUN is an id or its beginning."""
    run = RunStore().request_stop(run_id)
    if as_json:
        print_json(RunOutput.of(run))
    else:
        click.echo(f"Run {run.id} is {run.state}.")
