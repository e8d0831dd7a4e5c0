"""`import`, and what `describe` shares with it: networks that people bring along, as code or as printed text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from cifar_core.architecture import ArchitectureSpec, num_params, receptive_field
from cifar_core.architecture.importing.block_labels import BLOCK_CUTS, BLOCKS_QUESTION
from cifar_core.architecture.importing.printed import QUESTION_KEYS, parse_printed
from cifar_core.architecture.importing.printed_tree import MAX_TEXT
from cifar_core.cli.outputs import ImportOutput
from cifar_core.cli.own_module import is_own_module, own_code
from cifar_core.cli.printing import json_option, print_json
from cifar_core.errors import SpecError
from cifar_core.files import write_atomically

answer_option = click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="KEY=VALUE",
    help="Answers a question that a note tells, such as blocks=strides; may be given several times.",
)


@click.command("import")
@click.argument("network", metavar="FILE")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="SPEC.json",
    help="Where the spec goes; a file that is there is replaced.",
)
@answer_option
@json_option
def import_command(network: str, output: Path, answers: tuple[str, ...], as_json: bool) -> None:
    """Turn your own network into an ArchitectureSpec that every other command and the editor read.

    FILE is FILE.py:ClassName, an nn.Module that is made without arguments and traced (this runs the file), or FILE.txt
    with the output of print(model), which is only read.
    """
    if not output.parent.is_dir():
        raise SpecError(f"--output is {output}: there is no folder {output.parent}.")
    if not is_brought_along(network):
        raise SpecError(f"{network} is neither FILE.py:ClassName nor a FILE.txt with the output of print(model).")
    spec = brought_along(network, answers)
    write_atomically(output, (spec.to_json() + "\n").encode())
    result = ImportOutput(
        name=spec.name, params=num_params(spec.layers), receptive_field=receptive_field(spec.layers), file=str(output)
    )
    if as_json:
        print_json(result)
    else:
        click.echo(
            f"{output} holds {result.name}: {result.params:,} parameters, receptive field {result.receptive_field}."
        )


def is_brought_along(target: str) -> bool:
    """Whether an argument names a person's own network, as code or as printed text."""
    return is_own_module(target) or target.lower().endswith(".txt")


def brought_along(target: str, answers: Sequence[str]) -> ArchitectureSpec:
    """A person's own network as a spec; what was assumed goes to stderr, and so does all that cannot be held.

    Args:
        target: FILE.py:ClassName or FILE.txt.
        answers: KEY=VALUE each.

    Raises:
        SpecError: it cannot be read or held.
    """
    chosen = _chosen(answers)
    return _traced(target, chosen) if is_own_module(target) else _printed(Path(target), chosen)


def _chosen(answers: Sequence[str]) -> dict[str, str]:
    chosen = {}
    for answer in answers:
        key, equals, value = answer.partition("=")
        if not equals or key not in QUESTION_KEYS:
            raise SpecError(
                f"--answer is {answer[:60]!r}: it must be KEY=VALUE, KEY one of {', '.join(QUESTION_KEYS)}."
            )
        chosen[key] = value
    return chosen


def _traced(target: str, answers: Mapping[str, str]) -> ArchitectureSpec:
    cut = answers.get("blocks")
    if cut is not None and cut not in BLOCK_CUTS:
        raise SpecError(f"The answer to blocks is {cut[:40]!r}: it must be one of {', '.join(BLOCK_CUTS)}.")
    with own_code(target) as make:
        # The one place of the command line that needs torch to describe a network.
        from cifar_core.architecture.importing.tracing import trace_network

        traced = trace_network(make, target, cut)
    question = _question_told(BLOCKS_QUESTION, "blocks", traced.cut, BLOCK_CUTS)
    return _told(target, traced.spec, (*traced.remarks, question), traced.problems)


def _printed(file: Path, answers: Mapping[str, str]) -> ArchitectureSpec:
    printed = parse_printed(_text(file), answers)
    questions = [
        _question_told(question.sentence, question.key, answers.get(question.key, question.default), question.options)
        for question in printed.questions
    ]
    return _told(str(file), printed.spec, (*printed.assumptions, *questions), printed.problems)


def _question_told(sentence: str, key: str, taken: str, options: Iterable[str]) -> str:
    return f"{sentence} Taken: {taken}; --answer {key}={'|'.join(options)} changes it."


def _text(file: Path) -> str:
    """The start of a file, and a character more than is read: what is longer is refused without reading it all."""
    try:
        with file.open("rb") as stream:
            content = stream.read(4 * MAX_TEXT + 1)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SpecError(f"{file} is not a text file in UTF-8, or is longer than {MAX_TEXT:,} characters.") from None


def _told(
    target: str, spec: ArchitectureSpec | None, remarks: Sequence[str], problems: Sequence[str]
) -> ArchitectureSpec:
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    if spec is not None:
        return spec
    if len(problems) == 1:
        raise SpecError(f"{target}: {problems[0]}")
    for problem in problems:
        click.echo(f"problem: {problem}", err=True)
    raise SpecError(f"{target} cannot be held by the grammar, for the {len(problems)} problems told above.")
