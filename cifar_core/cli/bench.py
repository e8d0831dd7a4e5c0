"""`bench`: the budgets, measured on this machine."""

from __future__ import annotations

import click

from cifar_core.cli.printing import json_option, print_json, print_table


@click.command("bench")
@click.argument("name", type=click.Choice(["architecture"]))
@click.option(
    "--rounds", default=10, show_default=True, type=click.IntRange(1, 1000), help="Repetitions of each action."
)
@json_option
def bench_command(name: str, rounds: int, as_json: bool) -> None:
    """Measure speed: `architecture` times edits of a network, and fits of its widths to a budget."""
    from cifar_core.cli.bench_architecture import bench_architecture

    output = bench_architecture(rounds)
    if as_json:
        print_json(output)
        return
    print_table(
        ("what", "measured", "budget"),
        [
            (f"one edit, p50 of {output.edits}", f"{output.edit_p50_ms:.1f} ms", ""),
            ("one edit, p95", f"{output.edit_p95_ms:.1f} ms", "50 ms"),
            (f"fit to a budget, p50 of {output.fits}", f"{output.fit_p50_ms:.1f} ms", ""),
            ("fit to a budget, p95", f"{output.fit_p95_ms:.1f} ms", "100 ms"),
        ],
    )
    on = output.measured_on
    click.echo(f"\nOn {on.machine}, Python {on.python}, version {on.version}.")
