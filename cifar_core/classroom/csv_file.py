"""The table of a class for a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import StringIO

from cifar_core.classroom.table import ClassRow, ClassTable

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With which a formula begins; the last four are the wide forms of the first four, which some programs read as them."""
_INNER_FORMULA = re.compile(rf"([;,|\t\r\n])(?=[\s\"']*[{re.escape(''.join(FORMULA_SIGNS[:4] + FORMULA_SIGNS[7:]))}])")
"""Behind a separator of any kind: with another one than ours a text is several cells."""
Cell = str | int | float | bool | None
_COLUMNS: dict[str, Callable[[ClassRow], Cell]] = {
    "file": lambda row: row.file,
    "author": lambda row: row.author,
    "problem": lambda row: row.problem,
    "network": lambda row: row.network,
    "rules_met": lambda row: row.passed,
    "rules_not_met": lambda row: "; ".join(row.failed_rules),
    "params": lambda row: row.params,
    "params_margin": lambda row: row.params_margin,
    "params_claimed": lambda row: row.claimed.params,
    "params_claim": lambda row: row.verdicts.params,
    "receptive_field": lambda row: row.receptive_field,
    "field_margin": lambda row: row.field_margin,
    "field_with_pooling": lambda row: row.receptive_field_with_pooling,
    "field_claimed": lambda row: row.claimed.receptive_field,
    "field_claim": lambda row: row.verdicts.receptive_field,
    "coverage": lambda row: row.coverage,
    "macs": lambda row: row.macs,
    "accuracy_claimed": lambda row: row.claimed.accuracy,
    "accuracy_in_package": lambda row: row.run.test_accuracy if row.run else None,
    "accuracy_recomputed": lambda row: row.run.recomputed_accuracy if row.run else None,
    "accuracy_claim": lambda row: row.verdicts.accuracy,
    "dataset": lambda row: row.run.dataset if row.run else None,
    "protocol": lambda row: row.run.protocol if row.run else None,
    "run_rules_met": lambda row: row.run.passed if row.run else None,
    "identical": lambda row: row.identical,
    "notes": lambda row: " ".join(row.notes),
}


def class_csv(table: ClassTable) -> str:
    """A line a file under a header; accuracies and coverage in 0..1, an empty cell where there is nothing.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: authors, files and networks are
    named by whoever handed them in. Numbers stay numbers, negative margins too.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_harmless(value(row)) for value in _COLUMNS.values()] for row in table.rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, str):
        return cell
    cell = _INNER_FORMULA.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
