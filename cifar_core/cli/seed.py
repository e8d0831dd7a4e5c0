"""`seed`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from functools import partial

import click

from cifar_core.cli.executing import execute_one, no_wait_option
from cifar_core.cli.outputs import RunDetailOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import DATASET_NAMES, require_dataset
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.seed_experiment import MAX_EPOCHS, SEED_EPOCHS, seed_experiment


@click.command("seed")
@click.option(
    "--epochs", type=click.IntRange(1, MAX_EPOCHS), default=SEED_EPOCHS, show_default=True, help="Of each model."
)
@click.option("--dataset", type=click.Choice(DATASET_NAMES), default="cifar10", show_default=True)
@no_wait_option
@json_option
def seed_command(epochs: int, dataset: str, wait: bool, as_json: bool) -> None:
    """Train the seed document's Models 1, 2 and 3 anew, one after the other, and tell what it said of each.

    By its protocol: every image trains, and the test set is read after every epoch. Ctrl-C stops the experiment; the
    command `report` makes a report of its runs.
    """
    require_dataset(dataset)
    store = RunStore()
    runs = []
    try:
        for config in seed_experiment(epochs, dataset):
            runs.append(execute_one(store, config, partial(store.start, config), wait, quiet=as_json))
            if runs[-1].state != RunState.COMPLETED:
                break
    finally:  # where a later one cannot begin, hours of the ones before are told all the same
        if runs:
            _print_runs(store, runs, as_json)
    click.get_current_context().exit(0 if runs[-1].state in (RunState.COMPLETED, RunState.STOPPED) else 1)


def _print_runs(store: RunStore, runs: Sequence[Run], as_json: bool) -> None:
    if as_json:
        print_json([RunDetailOutput.of_stored(store, run) for run in runs])
        return
    # Imported behind the training: a typing error must not wait for it.
    from cifar_core.analysis.seed_claims import compare_with_seed
    from cifar_core.report.sentences import CLAIM_COLUMNS

    rows = [astuple(row) for run in runs for row in compare_with_seed(run, store.epochs(run.id))]
    if rows:
        click.echo()
        print_table(CLAIM_COLUMNS, rows)
    click.echo(f"\nA report: python -m cifar_core report {' '.join(run.id for run in runs)}")
