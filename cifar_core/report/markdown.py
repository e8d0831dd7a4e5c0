"""A report as a README in Markdown with its pictures, in a zip."""

from __future__ import annotations

import re
import zipfile
from dataclasses import astuple
from io import BytesIO

from cifar_core.architecture.layer_table import as_markdown
from cifar_core.report.content import Report, RunSection
from cifar_core.report.log import log_text
from cifar_core.report.pictures import confusion_png, curves_png, mistakes_png
from cifar_core.report.sentences import (
    CLAIM_COLUMNS,
    COMPUTED,
    MATRIX,
    MISTAKES,
    NO_ANALYSIS,
    NO_EPOCHS,
    NO_TARGET,
    OWN,
    PROVENANCE,
    SEED_SAID,
    report_title,
)
from cifar_core.words import plain

Pictures = dict[str, bytes]


def markdown_zip(report: Report) -> bytes:
    """The zip's content: README.md, and the pictures that it shows in images/."""
    pictures: Pictures = {}
    parts = [f"# {plain(report_title(report))}", PROVENANCE]
    if report.claims:
        parts += [f"## {SEED_SAID}", _table(list(CLAIM_COLUMNS), [list(astuple(row)) for row in report.claims])]
    if len(report.sections) > 1:
        parts += _comparison(report, pictures)
    for section in report.sections:
        parts += _section(section, pictures)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", "\n\n".join(parts) + "\n")
        for name, content in pictures.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _comparison(report: Report, pictures: Pictures) -> list[str]:
    titles = [f"Model {section.number}" for section in report.sections]
    rows = [[each.setting, *each.values] for each in report.differences]
    parts = ["## What differs", _table(["Setting", *titles], rows)]
    results = [[name, *(section.results[at][1] for section in report.sections)] for at, name in _result_names(report)]
    parts += ["## Results side by side", _table(["Result", *titles], results)]
    curves = [section.curve for section in report.sections if section.epochs]
    if curves:
        pictures["images/accuracy.png"] = curves_png(curves)
        parts.append("![Accuracy of all models over the epochs](images/accuracy.png)")
    return parts


def _result_names(report: Report) -> list[tuple[int, str]]:
    # The protocol is in a name where runs differ in it: the first one's names what is beside it in its own section.
    columns = zip(*(section.results for section in report.sections), strict=True)
    return [(at, " / ".join(dict.fromkeys(name for name, _ in column))) for at, column in enumerate(columns)]


def _section(section: RunSection, pictures: Pictures) -> list[str]:
    parts = [f"## Model {section.number}: {plain(section.run.name)}", f"Run {section.run.id}."]
    parts += ["### Target", _own_words(section.text.target) or NO_TARGET]
    parts += ["### Results", "\n".join(f"- {plain(name)}: {plain(value)}" for name, value in section.results)]
    found = "\n".join(f"- {plain(sentence)}" for sentence in section.findings)
    own = _own_words(section.text.analysis)
    parts += ["### Analysis", *([OWN, own, COMPUTED] if own else []), found or NO_ANALYSIS]
    parts += ["### Model architecture", _code(section.printed)]
    parts += ["### Receptive field", as_markdown(section.description).strip()]
    parts += ["### Train and test logs", _code(log_text(section.epochs)) if section.epochs else NO_EPOCHS]
    parts += ["### Validation plot"]
    if section.epochs:
        parts.append(_picture(section, "curve", "Accuracy over the epochs", curves_png([section.curve]), pictures))
    else:
        parts.append(NO_EPOCHS)
    matrix, mistakes = section.matrix, section.mistakes
    parts += ["### Confusion matrix", MATRIX]
    if isinstance(matrix, str):
        parts.append(plain(matrix))
    else:
        drawn = confusion_png(matrix, section.class_names)
        parts.append(_picture(section, "confusion", "Confusion matrix", drawn, pictures))
    parts += ["### Misclassified images", MISTAKES]
    if isinstance(mistakes, str):
        parts.append(plain(mistakes))
    else:
        parts.append(_picture(section, "mistakes", "Misclassified images", mistakes_png(mistakes), pictures))
    return parts


def _picture(section: RunSection, name: str, alt: str, content: bytes, pictures: Pictures) -> str:
    path = f"images/model-{section.number}-{name}.png"
    pictures[path] = content
    return f"![{alt} of model {section.number}]({path})"


def _own_words(text: str) -> str:
    """A person's lines, each as a point, none of them Markdown."""
    lines = (line.strip().removeprefix("- ") for line in text.splitlines() if line.strip())
    return "\n".join(f"- {_BEGINNING.sub(_escaped_beginning, plain(line))}" for line in lines)


_BEGINNING = re.compile(r"^(\d{1,9})?([-+.)=])(?=$|\s|[-=])")
"""What would begin a list, or underline a heading."""


def _escaped_beginning(found: re.Match[str]) -> str:
    return f"{found[1] or ''}\\{found[2]}"


def _code(text: str) -> str:
    # Indented as the seed does: no text in it can end it, as it could a fence.
    return "\n".join(f"    {line}" for line in text.splitlines())


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *([plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
