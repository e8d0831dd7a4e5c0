"""The layer table in the seed document's thirteen columns, as text to take away."""

from __future__ import annotations

import csv
import io

from cifar_core.architecture.description import ArchitectureDescription, LayerRow

COLUMNS = {
    "Operation": "name",
    "nin": "n_in",
    "Channels": "c_in",
    "Output_Channels": "c_out",
    "padding": "padding",
    "kernel": "kernel",
    "stride": "stride",
    "dilation": "dilation",
    "nout": "n_out",
    "jin": "j_in",
    "jout": "j_out",
    "rin": "r_in",
    "rout": "r_out",
}
"""The seed's title of each column, and the field of `LayerRow` in it."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def seed_columns(description: ArchitectureDescription) -> list[dict[str, int | str]]:
    """One row a layer, by the seed's titles; the operation is told with its layer's name: "C1.2 conv"."""
    return [_row(row) for row in description.layers]


def _row(row: LayerRow) -> dict[str, int | str]:
    cells = {title: getattr(row, field) for title, field in COLUMNS.items()}
    return {**cells, "Operation": f"{row.name} {row.op}"}


def as_csv(description: ArchitectureDescription) -> str:
    """The table as comma-separated values. A label that a spreadsheet would take for a formula is quoted by '."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    for row in seed_columns(description):
        operation = str(row["Operation"])
        writer.writerow({**row, "Operation": f"'{operation}" if operation.startswith(_FORMULA_STARTS) else operation})
    return buffer.getvalue()


def as_markdown(description: ArchitectureDescription) -> str:
    """The table in Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cell(value) for value in row.values()) + " |" for row in seed_columns(description)]
    return "\n".join(lines) + "\n"


def _cell(value: int | str) -> str:
    return " ".join(str(value).replace("\\", "\\\\").replace("|", "\\|").split())
