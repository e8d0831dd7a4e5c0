"""What an edit of a network costs the server, measured."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import click
import numpy as np

from cifar_core.architecture import (
    ArchitectureSpec,
    before_pooling,
    block_widths,
    describe,
    find_preset,
    preset_names,
    with_block_widths,
)
from cifar_core.architecture.editing.budget import largest_widths
from cifar_core.architecture.editing.rows import new_nodes, with_row_edits
from cifar_core.architecture.paths import path_counts
from cifar_core.cli.bench import print_measured
from cifar_core.cli.bench_outputs import ArchitectureBenchOutput, BenchMachine
from cifar_core.cli.printing import json_option, print_json

BUDGETS = (20_000, 50_000, 199_999, 1_000_000)
"""Parameters, for the fits."""
BUDGETS_MACS = (5_000_000, 20_000_000)


@click.command("architecture")
@click.option(
    "--rounds", default=10, show_default=True, type=click.IntRange(1, 1000), help="Repetitions of each action."
)
@json_option
def architecture_command(rounds: int, as_json: bool) -> None:
    """Time edits of a network, and fits of its widths to a budget."""
    output = bench_architecture(rounds)
    if as_json:
        print_json(output)
        return
    print_measured(
        [
            (f"one edit, p50 of {output.edits}", f"{output.edit_p50_ms:.1f} ms", ""),
            ("one edit, p95", f"{output.edit_p95_ms:.1f} ms", "50 ms"),
            (f"fit to a budget, p50 of {output.fits}", f"{output.fit_p50_ms:.1f} ms", ""),
            ("fit to a budget, p95", f"{output.fit_p95_ms:.1f} ms", "100 ms"),
        ],
        output.measured_on,
    )


def bench_architecture(rounds: int) -> ArchitectureBenchOutput:
    """Times edits (a width slider, a cell of the table) with all that the page computes of them, and fits to a budget.

    The networks are the presets and one of 40 convolutions in residual blocks. Everything is warm: one round is made
    before the clock runs.

    Args:
        rounds: how often every edit and fit is made.
    """
    specs = [*(find_preset(name).spec for name in preset_names()), deep_residual()]
    edits = [edit for spec in specs for edit in _edits(spec)]
    fits = [fit for spec in specs for fit in _fits(spec)]
    edit_ms = _milliseconds([partial(_answered, edit) for edit in edits], rounds)
    fit_ms = _milliseconds(fits, rounds)
    return ArchitectureBenchOutput(
        edit_p50_ms=float(np.percentile(edit_ms, 50)),
        edit_p95_ms=float(np.percentile(edit_ms, 95)),
        fit_p50_ms=float(np.percentile(fit_ms, 50)),
        fit_p95_ms=float(np.percentile(fit_ms, 95)),
        edits=len(edit_ms),
        fits=len(fit_ms),
        measured_on=BenchMachine.here(),
    )


def deep_residual() -> ArchitectureSpec:
    """Forty convolutions in four blocks of residual pairs."""
    nodes: list[object] = []
    for number, channels in enumerate((16, 24, 32, 48), 1):
        block = f"C{number}"
        nodes += new_nodes("conv", block, channels)
        nodes += itertools.chain.from_iterable(new_nodes("residual", block, channels) for _ in range(4))
        nodes += [node.changed(stride=2) for node in new_nodes("conv", block, channels)]
    head = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
    return ArchitectureSpec.parse({"name": "deep-residual", "nodes": nodes, "head": head})


def _edits(spec: ArchitectureSpec) -> Iterator[Callable[[], ArchitectureSpec]]:
    for block, width in block_widths(spec).items():
        for wanted in (width // 2, width + 1, 2 * width):
            yield partial(with_block_widths, spec, {block: max(wanted, 1)})
    for row, node in enumerate(spec.nodes):
        if node.type == "conv":
            yield partial(with_row_edits, spec, {row: {"bias": not node.bias}})


def _fits(spec: ArchitectureSpec) -> Iterator[Callable[[], ArchitectureSpec]]:
    for params in BUDGETS:
        yield partial(largest_widths, spec, max_params=params)
    for macs in BUDGETS_MACS:
        yield partial(largest_widths, spec, max_macs=macs)


def _answered(edit: Callable[[], ArchitectureSpec]) -> None:
    """An edit, with all that the page then tells of the network: figures, rules, cells, and what the last cell sees."""
    spec = edit()
    describe(spec)
    last = len(before_pooling(spec.layers)) - 1
    middle = spec.layers[last].n_out // 2
    path_counts(spec.layers, spec.input.size, last, middle, middle)


def _milliseconds(actions: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    times = []
    for number in range(rounds + 1):
        for action in actions:
            start = time.perf_counter()
            action()
            if number:
                times.append(1_000 * (time.perf_counter() - start))
    return times
