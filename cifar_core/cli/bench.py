"""`bench`: the budgets, measured on this machine."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cifar_core.cli.bench_outputs import BenchMachine
from cifar_core.cli.lazy_group import LazyGroup
from cifar_core.cli.printing import print_table

_MODULES = {
    "architecture": "bench_architecture",
    "augmentation": "bench_augmentation",
    "race": "bench_race",
    "responsiveness": "bench_responsiveness",
    "store": "bench_store",
    "sweep": "bench_sweep",
    "training": "bench_training",
}


@click.group("bench", cls=LazyGroup, modules=_MODULES)
def bench_command() -> None:
    """Measure speed on this machine, beside its budgets."""


def print_measured(rows: Sequence[tuple[str, str, str]], measured_on: BenchMachine) -> None:
    """Prints a benchmark's figures.

    Args:
        rows: what was measured, the figure, and its budget; "" where it has none.
        measured_on: the machine.
    """
    print_table(("what", "measured", "budget"), rows)
    on = measured_on
    click.echo(f"\nOn {on.machine}, Python {on.python}, version {on.version}.")
