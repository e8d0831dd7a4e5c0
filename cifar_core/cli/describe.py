"""`presets` and `describe`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from cifar_core.architecture import (
    ArchitectureDescription,
    ArchitecturePreset,
    ArchitectureSpec,
    LayerRow,
    describe,
    find_preset,
    preset_names,
)
from cifar_core.cli.importing import answer_option, brought_along, is_brought_along
from cifar_core.cli.outputs import PresetOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.errors import LabError, SpecError
from cifar_core.words import percent

preset_option = click.option(
    "--preset", "preset_name", metavar="NAME", help="A preset network, or one that was saved in the dashboard."
)


@click.command("presets")
@json_option
def presets_command(as_json: bool) -> None:
    """List the preset networks; those saved in the dashboard are not among them."""
    presets = [PresetOutput.of(find_preset(name)) for name in preset_names()]
    if as_json:
        print_json(presets)
        return
    rows = [
        (p.name, p.params, p.macs, p.receptive_field, "yes" if p.passes else "no", p.augmentation, p.recipe, p.teaches)
        for p in presets
    ]
    print_table(("name", "parameters", "MACs", "field", "rules met", "augmentation", "recipe", ""), rows)


@click.command("describe")
@preset_option
@click.argument("file", required=False, type=click.Path(path_type=Path))
@answer_option
@json_option
def describe_command(preset_name: str | None, file: Path | None, answers: tuple[str, ...], as_json: bool) -> None:
    """Show a network's layers, parameters, MACs, receptive field and the assignment's rules.

    FILE is an ArchitectureSpec as JSON, FILE.py:ClassName (your own nn.Module, traced: this runs the file), or FILE.txt
    with the output of print(model), which is only read.
    """
    description = describe(any_architecture(preset_name, file, answers))
    if as_json:
        print_json(description)
    else:
        _print_description(description)


def any_architecture(preset_name: str | None, file: Path | None, answers: tuple[str, ...]) -> ArchitectureSpec:
    """The network that a command names: a preset, a spec, or a person's own module or print.

    Raises:
        SpecError: neither or both are given, or what is given names no valid network.
    """
    if preset_name is None and file is not None and is_brought_along(str(file)):
        return brought_along(str(file), answers)
    if answers:
        raise SpecError("--answer belongs to FILE.py:ClassName and FILE.txt: a preset or JSON leaves no question open.")
    return chosen_architecture(preset_name, file)


def chosen_architecture(preset_name: str | None, file: Path | None) -> ArchitectureSpec:
    """The network that a command names.

    Raises:
        SpecError: neither or both are given, or what is given names no valid network.
    """
    if (preset_name is None) == (file is None):
        raise SpecError("Name either a preset (--preset NAME) or a FILE with an ArchitectureSpec as JSON.")
    if preset_name is not None:
        return named_network(preset_name).spec
    assert file is not None
    if is_brought_along(str(file)):
        raise SpecError(f"{file} is no spec yet: `python -m cifar_core import {file} --output SPEC.json` makes it one.")
    return ArchitectureSpec.parse(read_text(file))


def named_network(name: str) -> ArchitecturePreset:
    """A preset, or what was saved in the run store under a name.

    Raises:
        SpecError: there is neither.
        StoreError: what is saved under this name cannot be read.
    """
    if name in preset_names():
        return find_preset(name)
    # Imported here: a preset must not wait for the database's libraries.
    from cifar_core.runs import RunStore
    from cifar_core.runs.saved import as_preset

    unknown = f"There is no preset {name!r}: choose one of {', '.join(preset_names())}"
    try:
        store = RunStore()
    except LabError as error:
        raise SpecError(f"{unknown}; what was saved in the dashboard cannot be looked up: {error}") from None
    with closing(store):
        saved = store.architectures.get(name)
        if saved is None:
            others = ", ".join(repr(each.name) for each in store.architectures.read()[0]) or "nothing yet"
            raise SpecError(f"{unknown}, or of what was saved in the dashboard ({others}).")
    return as_preset(saved)


def read_text(file: Path) -> str:
    """A text file's contents.

    Raises:
        SpecError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SpecError(f"{file} is not a text file.") from None


_SHARES = ("unread", "constant")
_NOT_PRINTED = ("block", "wasted_macs", "groups", "bias", "padding_mode", "steps", *_SHARES)
"""Wide, or printed in another form."""


def _print_description(description: ArchitectureDescription) -> None:
    columns = tuple(column for column in LayerRow.model_fields if column not in _NOT_PRINTED)
    rows = [tuple(getattr(row, column) for column in columns) for row in description.layers]
    shares = [tuple(percent(getattr(row, share)) for share in _SHARES) for row in description.layers]
    print_table((*columns, *_SHARES), [(*row, *pair) for row, pair in zip(rows, shares, strict=True)])
    click.echo()
    click.echo(f"Parameters       {description.params:,}")
    click.echo(f"MACs             {description.macs:,}")
    pooled = description.receptive_field_with_pooling
    click.echo(f"Receptive field  {description.receptive_field} before pooling ({pooled} with it, nominally)")
    holes = "" if description.coverage in (1, None) else ": strides and dilations leave holes"
    click.echo(f"Coverage         {percent(description.coverage)} of that square is reached by some path{holes}")
    if description.wasted is not None:
        wasted = description.wasted
        click.echo(f"MACs for nothing {percent(wasted.share)}, on cells that are never read or always the same")
        if wasted.pooled_constant:
            click.echo(f"Pooled cells     {wasted.pooled}, of which {wasted.pooled_constant} are always the same")
    click.echo()
    rows = [
        ("pass" if rule.passed else "FAIL" if rule.required else "no", rule.title, rule.value, rule.limit, rule.detail)
        for rule in description.rules
    ]
    print_table(("", "rule", "value", "limit", ""), rows)
