"""`compare`: two runs on the same images."""

from __future__ import annotations

import click

from cifar_core.analysis.pairs import NOTHING_APART, SIGNIFICANT, compare_predictions
from cifar_core.cli.compare_outputs import ComparedRun, ComparisonOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import dataset_info
from cifar_core.errors import SpecError
from cifar_core.protocol import EvaluationSplit, predicted_splits
from cifar_core.runs import Run, RunStore
from cifar_core.words import counted, percent


@click.command("compare")
@click.argument("first_id", metavar="RUN")
@click.argument("second_id", metavar="RUN")
@click.option(
    "--split",
    type=click.Choice(["validation", "test"]),
    default="validation",
    show_default=True,
    help="Validation while you still choose, test when choosing is over.",
)
@json_option
def compare_command(first_id: str, second_id: str, split: EvaluationSplit, as_json: bool) -> None:
    """Compare two runs image by image, with the McNemar test; predictions not stored yet are computed."""
    store = RunStore()
    runs = store.get(first_id), store.get(second_id)
    _check(runs, split)
    from cifar_core.runs.evaluation import stored_or_new_predictions

    first, second = (stored_or_new_predictions(store, run, split) for run in runs)
    pair = compare_predictions(first, second, dataset_info(runs[0].config.dataset).class_names)
    output = ComparisonOutput.of(split, runs, (first.epoch, second.epoch), pair)
    if as_json:
        print_json(output)
    else:
        _print_comparison(output)


def _check(runs: tuple[Run, Run], split: EvaluationSplit) -> None:
    first, second = runs
    if first.id == second.id:
        raise SpecError(f"Run {first.id} was given twice: choose two runs.")
    if first.config.dataset != second.config.dataset:
        raise SpecError(
            f"Run {first.id} is of {dataset_info(first.config.dataset).title} and run {second.id} of "
            f"{dataset_info(second.config.dataset).title}: choose two runs of one data set."
        )
    for run in runs:
        protocol = run.config.training.protocol
        if split not in predicted_splits(protocol):
            raise SpecError(
                f'Run {run.id} was trained under the protocol "{protocol}" and has no {split} images: add '
                "`--split test`."
            )


def _print_comparison(output: ComparisonOutput) -> None:
    click.echo(f"{dataset_info(output.dataset).title}, {counted(output.count, f'{output.split} image')}")
    for letter, side in (("A", output.first), ("B", output.second)):
        click.echo(f"{letter}  {_side(side)}")
    click.echo()
    shares = (
        ("both right", output.both_right),
        ("only A right", output.only_first),
        ("only B right", output.only_second),
        ("both wrong", output.both_wrong),
    )
    print_table(("", "images", "share"), [(what, count, percent(count / output.count)) for what, count in shares])
    click.echo(f"\n{_conclusion(output)}\n")
    rows = [
        (row.name, percent(row.recall_first), percent(row.recall_second), round(100 * row.difference, 1), row.support)
        for row in output.classes
    ]
    print_table(("class", "A right", "B right", "A - B, points", "images"), rows)
    click.echo()
    if not output.settings:
        click.echo("No setting differs.")
        return
    print_table(("differs in", "setting", "A", "B"), [(s.part, s.setting, s.first, s.second) for s in output.settings])


def _side(side: ComparedRun) -> str:
    return f"{side.run} ({side.name}), weights of epoch {side.epoch} ({side.accuracy_of}): {percent(side.accuracy)}"


def _conclusion(output: ComparisonOutput) -> str:
    """What the McNemar test says, in a sentence."""
    if output.only_first == output.only_second == 0:
        return NOTHING_APART
    p_value = f"p = {output.p_value:.3f}" if output.p_value >= 0.001 else f"p = {output.p_value:.1e}"
    told = f"McNemar test (exact): {p_value}."
    if not output.is_significant:
        return f"{told} So uneven a split is no surprise if both were equally good: the difference may be chance."
    better = "A" if output.only_first > output.only_second else "B"
    return (
        f"{told} Below {SIGNIFICANT}, so more than chance on these images: {better} is better with these weights. "
        "Another seed may give other weights."
    )
