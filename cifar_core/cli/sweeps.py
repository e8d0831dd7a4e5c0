"""`sweeps`."""

from __future__ import annotations

import click

from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.cli.sweep_outputs import SweepLineOutput, SweepOutput
from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from cifar_core.sweeps.deletion import delete_sweep
from cifar_core.sweeps.results import SweepResults, sweep_results
from cifar_core.words import counted, duration, moment, percent


@click.command("sweeps")
@click.argument("sweep_id", metavar="[SWEEP]", required=False)
@click.option("--delete", "is_deleted", is_flag=True, help="Throw it away, for good; its runs stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def sweeps_command(sweep_id: str | None, is_deleted: bool, yes: bool, as_json: bool) -> None:
    """List the sweeps, newest first, or show one with its trials. SWEEP is an id, its beginning or end, or a name."""
    store = RunStore()
    if yes and not is_deleted:
        raise SpecError("--yes answers what --delete asks: it says nothing without it.")
    if is_deleted:
        _delete(store, sweep_id, yes, as_json)
        return
    if sweep_id is not None:
        results = sweep_results(store, sweep_id)
        if as_json:
            print_json(SweepOutput.of_results(results))
        else:
            print_results(results)
        return
    sweeps = store.list_sweeps()
    if as_json:
        print_json([SweepLineOutput.of(sweep) for sweep in sweeps])
    elif not sweeps:
        click.echo("There are no sweeps yet: `python -m cifar_core sweep --help` tells how to make one.")
    else:
        rows = [
            (sweep.id, sweep.name, sweep.state, store.count_trials(sweep.id), duration(sweep.spent_seconds))
            for sweep in sweeps
        ]
        print_table(("id", "name", "state", "runs", "time"), rows)


def _delete(store: RunStore, named: str | None, yes: bool, as_json: bool) -> None:
    if named is None:
        raise SpecError("--delete takes one sweep: name it, as in `sweeps SWEEP --delete`.")
    sweep = store.get_sweep(named)
    sweep.require_over()  # before anybody is asked
    if not yes and not click.confirm(f"Delete the sweep {sweep.name} ({sweep.id}) for good?", err=True):
        return
    delete_sweep(store, sweep.id)
    if as_json:
        print_json(SweepLineOutput.of(sweep))
    else:
        click.echo(f"Sweep {sweep.id} ({sweep.name}) is deleted; its runs stay.")


def print_results(results: SweepResults) -> None:
    """A sweep with its trials, its best, and what made the difference."""
    sweep = results.sweep
    click.echo(f"\nSweep {sweep.id}: {sweep.name}, {sweep.state}" + (f" ({sweep.problem})" if sweep.problem else ""))
    on_front = {trial.trial.number for trial in results.front}
    rows = [
        (
            trial.trial.number + 1,
            trial.became,
            *(trial.trial.words.get(part.name, "-") for part in results.spec.parameters),
            percent(trial.best_so_far),
            "-" if trial.run is None else trial.run.epochs_done,
            "-" if trial.num_params is None else f"{trial.num_params:,}",
            "-" if trial.run is None else trial.run.id,
            "front" if trial.trial.number in on_front else "",
        )
        for trial in results.trials
        if trial.was_begun
    ]
    if rows:
        names = [part.name for part in results.spec.parameters]
        print_table(("trial", "state", *names, "validation", "epochs done", "parameters", "run", "Pareto"), rows)
    if results.passed_over:
        first = results.passed_over[0].trial
        told = counted(len(results.passed_over), "trial")
        click.echo(f"\nNothing was trained for {told}, as for trial {first.number + 1}: {first.why}")
    if results.is_whole_grid:
        click.echo(f"\nAll {results.spec.grid_size} combinations were tried.")
    if results.importances:
        told = ", ".join(f"{name} {percent(share)}" for name, share in results.importances.items())
        click.echo(f"\nOf the differences in accuracy: {told}. Of few trials it is a guess.")
    best = results.best
    if best is not None:
        run = "" if best.run is None else f", run {best.run.id}. `evaluate {best.run.id}` reads the test set, once"
        click.echo(
            f"\nBest: trial {best.trial.number + 1}, {percent(best.accuracy)} on the validation images with "
            f"{best.num_params:,} parameters{run}."
        )
        if results.as_good > 1:
            click.echo(f"It is no better than {counted(results.as_good - 1, 'other trial')} of the same accuracy.")
    click.echo(f"{moment(sweep.created_at)} (UTC), driven for {duration(sweep.spent_seconds)}.")
    if results.can_go_on:
        click.echo(f"`sweep --resume {sweep.id}` goes on with it.")
