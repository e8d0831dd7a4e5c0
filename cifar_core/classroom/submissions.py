"""One submission read: which network it is, and what comes with it. Nothing of it is run."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Literal

from cifar_core.architecture import ArchitectureDescription, ArchitectureSpec, describe, num_params
from cifar_core.architecture.importing.printed import ALWAYS_ASSUMED, TRACE_INSTEAD, Question, parse_printed
from cifar_core.classroom.entries import PRINT, SPEC, Entry, opened_entries, shown_name
from cifar_core.classroom.text import decoded
from cifar_core.data import dataset_info
from cifar_core.errors import LabError, SpecError, foreign_sentence
from cifar_core.runs import RunConfig
from cifar_core.runs.package.layout import SUFFIX
from cifar_core.runs.package.reading import RunPackage, read_package
from cifar_core.words import count, counted

Kind = Literal["spec", "print", "package", "unread"]
_KINDS: dict[str, Kind] = {SPEC: "spec", PRINT: "print", SUFFIX: "package"}
_IMPORT_INSTEAD = "the student makes a spec of it by `python -m cifar_core import FILE.py:ClassName --output SPEC.json`"
_NO_PARAMETERS = ("running_mean", "running_var", "num_batches_tracked")
"""What batch norm keeps beside its parameters."""
MAX_SENTENCE = 600
"""Characters of what is told of one file."""


@dataclass(frozen=True, slots=True)
class PackagedRun:
    """What a run package tells beside its network."""

    config: RunConfig
    test_accuracy: float | None
    """In 0..1, as the package's own predictions give it; None if the test images were not read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A printed network with its layers cut into blocks in one way; in all else every reading is the same."""

    cut: str
    """In words: "after every convolution with a stride above 1"."""
    spec: ArchitectureSpec


@dataclass(frozen=True, slots=True)
class Submission:
    """One file that was handed in, as far as it could be read."""

    file: str
    author: str
    """By its folder or file name."""
    kind: Kind
    problem: str = ""
    """Why there is no network, in a sentence; empty if there is one."""
    spec: ArchitectureSpec | None = None
    numbers: ArchitectureDescription | None = None
    """Of the network, under the assignment's own limits; with it whenever there is one."""
    assumed: tuple[str, ...] = ()
    """What a printed text left open, and what was taken, without what is assumed of every printed text; of a package,
    that its accuracy is of a part of the test images."""
    readings: tuple[Reading, ...] = ()
    """Of a printed network, the usual one first; none where the file itself labels the blocks."""
    run: PackagedRun | None = None


def read_submissions(source: Path | bytes, name: str = "class.zip") -> tuple[Submission, ...]:
    """Every file of a class, by name.

    Args:
        source: a folder, a zip, or an uploaded zip's bytes.
        name: what an error calls it, where `source` is bytes.

    Raises:
        SpecError: the folder or zip as a whole cannot be read, or holds nothing.
    """
    with opened_entries(source, name) as entries:
        if not entries:
            raise SpecError(
                f"There is no file in {source.name if isinstance(source, Path) else name}: put a "
                f"{', '.join(_KINDS)} of each student into it."
            )
        return tuple(map(_read, entries))


def package_in(entry: Entry) -> RunPackage:
    """The package of an entry.

    Raises:
        SpecError: it is none, or cannot be read.
    """
    return read_package(BytesIO(entry.read()))


def _read(entry: Entry) -> Submission:
    kind = _KINDS.get(entry.ending, "unread")
    try:
        if entry.problem:
            raise SpecError(entry.problem)
        if kind == "package":
            package = package_in(entry)
            _require_fitting_weights(package)
            told = PackagedRun(package.config, package.run.test_accuracy)
            return _judgeable(entry, kind, package.config.architecture, _few_images(package), told)
        text = decoded(entry.read())
        if kind == "spec":
            return _judgeable(entry, kind, ArchitectureSpec.parse(text))
        return _printed(entry, text)
    except LabError as error:
        return Submission(entry.name, _author(entry.name), kind, problem=_sentence(str(error)))
    except Exception as error:  # one damaged file must not take the class's table down
        logging.getLogger(__name__).exception("%s cannot be judged", entry.name)
        return Submission(
            entry.name, _author(entry.name), kind, problem=_sentence(f"It cannot be judged: {foreign_sentence(error)}.")
        )


def _require_fitting_weights(package: RunPackage) -> None:
    """By number alone, which needs no torch: what is recomputed compares each shape.

    Raises:
        SpecError: the weights are more or fewer than the network has, so that the accuracy is another network's.
    """
    held = sum(math.prod(shape) for name, shape in package.shapes.items() if not name.endswith(_NO_PARAMETERS))
    wanted = num_params(package.config.architecture.layers)
    if held != wanted:
        raise SpecError(
            f"its weights are {count(held)} numbers, and its network has {count(wanted)} parameters: they are another "
            "network's."
        )


def _few_images(package: RunPackage) -> tuple[str, ...]:
    """A sentence where its test accuracy is not of the whole test set."""
    test = package.predictions.get("test")
    of_all = dataset_info(package.config.dataset).test_images
    if test is None or len(test.targets) == of_all:
        return ()
    return (f"Its own test accuracy is of {count(len(test.targets))} of the {count(of_all)} test images.",)


def _judgeable(
    entry: Entry, kind: Kind, spec: ArchitectureSpec, assumed: Sequence[str] = (), run: PackagedRun | None = None
) -> Submission:
    return Submission(
        entry.name,
        _author(entry.name),
        kind,
        spec=spec,
        numbers=describe(spec),
        assumed=tuple(map(_sentence, assumed)),
        run=run,
    )


def _printed(entry: Entry, text: str) -> Submission:
    """A printed network, read with the answer that is taken for every question until somebody says otherwise."""
    printed = parse_printed(text)
    if printed.spec is None:
        first, *others = (problem.replace(TRACE_INSTEAD, _IMPORT_INSTEAD) for problem in printed.problems)
        raise SpecError(f"{first.rstrip('.')} (and {counted(len(others), 'more problem')})." if others else first)
    asked, readings = list[str](), list[Reading]()
    for question in printed.questions:
        if question.key == "blocks":
            readings = _readings(text, question)
        else:
            asked.append(f"{question.sentence} Taken: {question.options[question.default]}.")
    own = [remark for remark in printed.assumptions if remark not in ALWAYS_ASSUMED]
    return replace(_judgeable(entry, "print", printed.spec, (*asked, *own)), readings=tuple(readings))


def _readings(text: str, blocks: Question) -> list[Reading]:
    """The network under each answer to where its blocks end, the usual one first, that finds any."""
    answers = sorted(set(blocks.options) - {"none"}, key=lambda answer: answer != blocks.default)
    specs = {answer: parse_printed(text, {"blocks": answer}).spec for answer in answers}
    return [Reading(blocks.options[answer], spec) for answer, spec in specs.items() if spec is not None]


def _sentence(text: str) -> str:
    """On one line, printable, and short enough for a cell."""
    told = shown_name(" ".join(text.split()))
    return told if len(told) <= MAX_SENTENCE else f"{told[: MAX_SENTENCE - 3]}..."


def _author(file: str) -> str:
    """Whom a file belongs to by its name: the student's folder, or else the file's own name."""
    folder, slash, _ = file.partition("/")
    return folder if slash else Path(file).stem
