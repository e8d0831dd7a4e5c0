"""What the students say of their networks, as a CSV file that a teacher made in any spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import TypeVar

from cifar_core.classroom.entries import shown_name
from cifar_core.classroom.text import decoded
from cifar_core.errors import SpecError

COLUMNS = ("file", "author", "params", "receptive_field", "accuracy")
MAX_BYTES, MAX_LINES, MAX_CELL = 2**20, 5_000, 200
MAX_COUNT = 10**12
"""Of parameters; a larger number is a slip of the keyboard."""
MAX_FIELD = 10**6
"""Pixels."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """An accuracy as somebody wrote it down."""

    share: float
    """In 0..1."""
    half_step: float
    """Half a unit of the last place that was written: 85.4 % stands for whatever lies within 0.05 points of it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the file."""

    line: int
    """Its number in the file, from 1."""
    file: str = ""
    author: str = ""
    params: int | None = None
    receptive_field: int | None = None
    """Pixels."""
    accuracy: Accuracy | None = None
    problems: tuple[str, ...] = ()
    """A sentence for each value that could not be read; the others count."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The whole file."""

    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What in it was left aside, in sentences."""


def read_claims(content: bytes, name: str = "claims.csv") -> Claims:
    """Reads claims from a CSV file, with commas, semicolons or tabs between its columns.

    Args:
        content: of the file, UTF-8 or what Windows calls Unicode.
        name: of the file, for a sentence.

    Raises:
        SpecError: it is too large, no text, or has no column `file` or `author` to go by.
    """
    shown = shown_name(name)
    if len(content) > MAX_BYTES:
        raise SpecError(f"{shown} has {len(content):,} bytes: {MAX_BYTES:,} is the limit of a claims file.")
    try:
        text = decoded(content)
    except SpecError as error:
        raise SpecError(f"{shown} cannot be read: {error} Save it as CSV in UTF-8.") from None
    head, _, rest = text.partition("\n")
    said = re.fullmatch(r"sep=([,;\t])\s*", head)  # Excel's own way to say it
    if said:
        text, head = rest, rest.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=said[1] if said else max(",;\t", key=head.count))
    first = 1 if said else 0
    try:
        header = [cell.strip().lower().replace(" ", "_") for cell in next(reader, [])]
        _check_header(header, shown)
        lines = [(first + reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SpecError(f"{shown}, line {first + reader.line_num}, is no CSV: {error}.") from None
    if len(lines) > MAX_LINES:
        raise SpecError(f"{shown} has {len(lines):,} lines: {MAX_LINES:,} is the limit of a claims file.")
    unknown = [repr(name[:40]) for name in header if name and name not in COLUMNS]
    notes = [f"{shown}: not read are the columns {', '.join(unknown[:10])}; known are {', '.join(COLUMNS)}."]
    return Claims(tuple(_claim(line, header, row) for line, row in lines), tuple(notes) if unknown else ())


def _check_header(header: list[str], shown: str) -> None:
    if not {"file", "author"} & set(header):
        raise SpecError(
            f"{shown} has no column file or author, by which its lines find their network: its first line must name "
            f"some of {', '.join(COLUMNS)}."
        )
    twice = next((name for name in COLUMNS if header.count(name) > 1), None)
    if twice:
        raise SpecError(f"{shown} has the column {twice} {header.count(twice)} times: once is enough.")


def _claim(line: int, header: list[str], row: list[str]) -> Claim:
    cells: Mapping[str, str] = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    problems: list[str] = []
    if any(cell.strip() for cell in row[len(header) :]):
        # Which cell belongs to which column cannot be told: 97,264 without quotation marks is two of them.
        problems.append(
            f"Claims, line {line}: it has {len(row)} cells, and the header {len(header)}, so its figures are left "
            'aside: a number with a comma in it needs quotation marks, "97,264".'
        )
        cells = {name: cell for name, cell in cells.items() if name in ("file", "author")}

    def value(column: str, parse: Callable[[str], Value | None], allowed: str) -> Value | None:
        cell = cells.get(column, "")
        if cell in ("", "-", "?"):
            return None
        parsed = parse(cell) if len(cell) <= MAX_CELL else None
        if parsed is None:
            problems.append(f"Claims, line {line}: {column} is {cell[:40]!r}, and must be {allowed}.")
        return parsed

    return Claim(
        line=line,
        file=cells.get("file", "")[:1000],
        author=shown_name(cells.get("author", "")[:MAX_CELL]),
        params=value("params", lambda cell: _whole(cell, MAX_COUNT), "a whole number such as 97264 or 97,264"),
        receptive_field=value("receptive_field", lambda cell: _whole(cell, MAX_FIELD), "a whole number of pixels"),
        accuracy=value("accuracy", _accuracy, "a share such as 0.854 or 0.85, or percent such as 85.4 or 85.4 %"),
        problems=tuple(problems),
    )


_WHOLE = re.compile(r"(\d{1,3}(?:[, .'\u00a0\u202f]\d{3})+|\d{1,15})(?:\.0{1,3})?(?: ?px)?")


def _whole(cell: str, limit: int) -> int | None:
    """97264, 97,264 or 97.264: of whole numbers a point or comma can only part thousands."""
    found = _WHOLE.fullmatch(cell)
    number = int(re.sub(r"\D", "", found[1])) if found else None
    return number if number is not None and number <= limit else None


def _accuracy(cell: str) -> Accuracy | None:
    """A share up to 1, of two places at least, or percent above it; a percent sign says which."""
    found = re.fullmatch(r"(\d{1,3})(?:[.,](\d{1,12}))?\s*(%?)", cell)
    if not found:
        return None
    places = len(found[2] or "")
    number = float(f"{found[1]}.{found[2] or 0}")
    scale = 100.0 if found[3] or number > 1 else 1.0
    if scale == 1.0 and places < 2:
        return None  # 1 may be a share or percent, and 0.9 stands for anything from 85 % on
    return Accuracy(round(number / scale, 14), 0.5 * 10.0**-places / scale) if number <= scale else None
