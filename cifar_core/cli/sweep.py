"""`sweep`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import click
from click.core import ParameterSource

from cifar_core.cli.describe import read_text
from cifar_core.cli.executing import interrupts
from cifar_core.cli.printing import json_option, print_json
from cifar_core.cli.sweep_outputs import SweepLineOutput, SweepOutput
from cifar_core.cli.sweeps import print_results
from cifar_core.cli.train import run_config
from cifar_core.data import DATASET_NAMES, require_dataset
from cifar_core.errors import LabError, SpecError, TrainingError
from cifar_core.runs import RunStore, training_jobs
from cifar_core.runs.fields import read_assignments, with_fields
from cifar_core.runs.heartbeat import HeldDevice, hold
from cifar_core.runs.sweep_rows import SweepRecord, SweepState, new_sweep_id
from cifar_core.sweeps import Objective, SweepSpec, new_sweep, parse_parameter, read_parameters
from cifar_core.sweeps.asking import read_sweep_spec
from cifar_core.sweeps.cluster.place import ClusterPlace, require_ray
from cifar_core.sweeps.giving_up import give_up
from cifar_core.sweeps.jobs import LOOK_SECONDS, driver_of, sweep_key
from cifar_core.sweeps.results import sweep_results
from cifar_core.words import counted, percent


@click.command("sweep")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--preset", "preset_name", metavar="NAME", help="What every trial starts from.")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUES", help="What varies. Repeatable.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Any other field. Repeatable.")
@click.option("--dataset", type=click.Choice(DATASET_NAMES), help="What is trained on (default: cifar10).")
@click.option("--trials", type=int, help="Train at most so many.")
@click.option("--minutes", type=float, help="Begin no trial after so many.")
@click.option("--and", "second", type=click.Choice(get_args(Objective)[1:]), help="Seek fewer of these as well.")
@click.option("--sampler", type=click.Choice(["tpe", "random", "grid"]), help="What is tried next (default: tpe).")
@click.option("--pruner", type=click.Choice(["median", "asha", "none"]), help="What ends early (default: median).")
@click.option("--any-network", is_flag=True, help="Train networks that break the assignment's rules, too.")
@click.option("--sampler-seed", type=int, help="Decides what is sampled (default: 0).")
@click.option("--name", help="What to call the sweep (default: the network's name).")
@click.option("--cluster", metavar="URL", help="Train on the Ray cluster whose dashboard is there: http://head:8265.")
@click.option("--cluster-folder", metavar="FOLDER", help="A folder that all machines share under this path.")
@click.option("--cluster-python", metavar="FILE", help="What starts this project's Python there (default: python).")
@click.option("--cluster-data", metavar="FOLDER", help="The data folder there (default: its CIFAR_LAB_DATA).")
@click.option("--cpus", type=float, help="Cores that the cluster keeps for a trial (default: 1).")
@click.option("--gpus", type=float, help="GPUs that it keeps for a trial (default: 0).")
@click.option("--at-once", type=int, help="Trials that train there at once at most.")
@click.option("--resume", "resumed", metavar="SWEEP", help="Go on with a sweep.")
@click.option("--stop", "stopped", metavar="SWEEP", help="Stop a sweep, whoever drives it.")
@json_option
def sweep_command(
    file: Path | None,
    preset_name: str | None,
    parameters: tuple[str, ...],
    resumed: str | None,
    stopped: str | None,
    as_json: bool,
    **options: object,
) -> None:
    """Search: train many runs that differ in a few fields, and tell which were best.

    FILE is a SweepSpec as JSON. Or give --preset and what varies: --param lr=1e-3..1e-1:log, --param epochs=4..12,
    --param width_scale=0.5,0.75,1. Networks that break a rule of the assignment cost nothing: they are passed over.
    Ctrl-C stops the sweep, and --resume goes on with it. The test set is not read: `evaluate` does that for the best.
    """
    ways = [way for way in (file, preset_name, resumed, stopped) if way is not None]
    if len(ways) != 1:
        raise SpecError("Give one of FILE, --preset NAME, --resume SWEEP and --stop SWEEP.")
    if preset_name is None:
        _refuse_what_is_ignored(str(file or resumed or stopped), allowed=_OF_A_CLUSTER if file is not None else ())
    store = RunStore()
    if stopped is not None:
        _tell_stop(_stop(store, stopped), as_json)
        return
    if resumed is not None:
        sweep_id, make = _resumable(store, resumed)
    else:
        sweep_id, make = _new(store, file, preset_name, parameters, options)
    # Held before it is stored: a dashboard takes up whatever nobody holds.
    with hold(store, sweep_key(sweep_id)) as held:
        if held is None:
            raise TrainingError(f"Another program drives sweep {sweep_id} already.")
        _drive(store, make(), held, as_json)
        if held.is_lost:
            raise TrainingError(f"Another program drives sweep {sweep_id} by now.")
    results = sweep_results(store, sweep_id)
    if as_json:
        print_json(SweepOutput.of_results(results))
    else:
        print_results(results)
    click.get_current_context().exit(1 if results.sweep.state == SweepState.FAILED else 0)


def _spec(preset_name: str, parameters: tuple[str, ...], options: dict[str, object]) -> SweepSpec:
    """From the options; those that were left out stay at their defaults."""
    base = run_config(preset_name, None, dataset=str(options["dataset"] or "cifar10"))
    assignments = options["assignments"]
    assert isinstance(assignments, tuple)
    if not parameters:
        raise SpecError("Nothing varies: give --param NAME=VALUES at least once, as in --param lr=1e-3..1e-1:log.")
    varied = {name: f"--param {name}" for name in (parse_parameter(text).name for text in parameters)}
    base = with_fields(base, read_assignments(assignments, varied))
    objectives = ("accuracy", *filter(None, [options["second"]]))
    given = {name: options[name] for name in ("trials", "minutes", "sampler", "pruner") if options[name] is not None}
    return SweepSpec.parse_typed(
        {
            "name": base.name if options["name"] is None else options["name"],
            "base": base.model_dump(),
            "parameters": [parameter.model_dump() for parameter in read_parameters(parameters, base)],
            "objectives": objectives,
            **({"pruner": "none"} if len(objectives) > 1 else {}),
            **given,
            "legal_only": not options["any_network"],
            "seed": options["sampler_seed"] or 0,
        }
    )


_OF_A_CLUSTER = ("cluster", "cluster_folder", "cluster_python", "cluster_data", "cpus", "gpus", "at_once")
_OF_THE_COMMAND = ("preset_name", "resumed", "stopped", "as_json")


def _place(options: dict[str, object]) -> ClusterPlace | None:
    """The cluster that was named; None for here."""
    names = {"cluster_python": "python", "cluster_data": "data", "cpus": "cpus", "gpus": "gpus", "at_once": "at_once"}
    given = {field: options[name] for name, field in names.items() if options[name] is not None}
    if options["cluster"] is None:
        if given or options["cluster_folder"] is not None:
            raise SpecError("Only --cluster URL makes use of the other options about a cluster: it is missing.")
        return None
    require_ray()
    if options["cluster_folder"] is None:
        raise SpecError("--cluster needs --cluster-folder: a folder that this machine and the cluster's share.")
    return ClusterPlace.parse({"address": options["cluster"], "folder": options["cluster_folder"], **given})


def _refuse_what_is_ignored(told_by: str, allowed: Sequence[str]) -> None:
    """What a file or a stored sweep says already cannot be said again beside it."""
    context = click.get_current_context()
    told = [
        option.opts[0]
        for option in context.command.params
        if isinstance(option, click.Option)
        and option.name not in (*_OF_THE_COMMAND, *allowed)
        and context.get_parameter_source(str(option.name)) == ParameterSource.COMMANDLINE
    ]
    if told:
        raise SpecError(f"{told_by} says all of the sweep: leave out {', '.join(told)}.")


def _new(
    store: RunStore, file: Path | None, preset_name: str | None, parameters: tuple[str, ...], options: dict[str, object]
) -> tuple[str, Callable[[], SweepRecord]]:
    """The id of a sweep that is yet to be stored, and what stores it."""
    spec = new_sweep(
        SweepSpec.parse(read_text(file)) if file is not None else _spec(str(preset_name), parameters, options)
    )
    place = _place(options)
    if place is None:
        require_dataset(spec.base.dataset)
    cluster, sweep_id = None if place is None else place.to_json(), new_sweep_id()
    return sweep_id, lambda: store.add_sweep(spec.name, spec.to_json(), cluster, sweep_id)


def _resumable(store: RunStore, sweep_id: str) -> tuple[str, Callable[[], SweepRecord]]:
    """One that was stopped, or that runs and whose program may be gone."""
    sweep = store.get_sweep(sweep_id)
    if sweep.cluster_json is None:
        require_dataset(read_sweep_spec(sweep.spec_json).base.dataset)
    if sweep.state == SweepState.RUNNING:
        return sweep.id, lambda: sweep
    return sweep.id, lambda: store.resume_sweep(sweep.id)


def _stop(store: RunStore, named: str) -> SweepRecord:
    """Asks for a stop; a sweep that no program drives would wait for one to stop it, and is stopped here."""
    sweep = store.request_sweep_stop(named)
    with hold(store, sweep_key(sweep.id)) as held:
        if held is not None:
            try:
                driver = driver_of(store, sweep.id)
                while not (held.is_lost or driver.step().is_over):
                    time.sleep(LOOK_SECONDS)
            except LabError as error:
                give_up(store, sweep.id, SweepState.STOPPED, str(error))
    return store.get_sweep(sweep.id)


def _tell_stop(sweep: SweepRecord, as_json: bool) -> None:
    """Of a sweep that may have been stopped because it cannot be read: no word of its trials."""
    if as_json:
        print_json(SweepLineOutput.of(sweep))
        return
    when = "is stopped" if sweep.state == SweepState.STOPPED else "stops, after its running batch"
    click.echo(" ".join(filter(None, [f"Sweep {sweep.id} {when}.", sweep.problem])))


def _drive(store: RunStore, sweep: SweepRecord, held: HeldDevice, quiet: bool) -> None:
    driver, told, problem = driver_of(store, sweep.id), set[int](), ""
    jobs = training_jobs(store) if sweep.cluster_json is None else None
    click.echo(f"Sweep {sweep.id}: {sweep.name}", err=quiet)
    with interrupts("Stopping the sweep and its trial; Ctrl-C again ends at once.") as interrupted:
        while not held.is_lost:
            if interrupted() and store.get_sweep(sweep.id).state == SweepState.RUNNING:
                store.request_sweep_stop(sweep.id)
            step = driver.step()
            if not quiet and set(step.ended) - told:
                _print_trials(store, sweep.id, set(step.ended) - told)
            told |= set(step.ended)
            if step.is_over:
                return
            before, problem = problem, store.get_sweep(sweep.id).problem
            if problem and problem != before:  # a cluster that does not answer, say: it is tried again
                click.echo(problem, err=True)
            if step.started is not None and jobs is not None:
                jobs.ring()
            time.sleep(LOOK_SECONDS)


def _print_trials(store: RunStore, sweep_id: str, numbers: set[int]) -> None:
    """A line for each that was trained, and one for all that were not."""
    ended = [
        trial
        for trial in sweep_results(store, sweep_id, with_importances=False).trials
        if trial.trial.number in numbers
    ]
    for trial in ended:
        if trial.was_begun:
            epochs = f" after {counted(trial.run.epochs_done, 'epoch')}" if trial.run is not None else ""
            told = f"{trial.trial.state}{epochs}, {percent(trial.best_so_far)} ({trial.trial.in_words})"
            click.echo(f"Trial {trial.trial.number + 1}: {told}")
    passed_over = [trial.trial for trial in ended if not trial.was_begun]
    if passed_over:
        first, *others = passed_over
        more = f"; and {len(others):,} more" if others else ""
        values = f" ({first.in_words})" if first.values else ""
        click.echo(f"Trial {first.number + 1}: {first.state}, {first.why}{values}{more}")
