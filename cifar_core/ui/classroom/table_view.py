"""The class as a table, and what it amounts to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cifar_core.classroom.csv_file import class_csv
from cifar_core.classroom.table import ClassRow, ClassTable
from cifar_core.classroom.telling import group_sentence
from cifar_core.ui.colors import PALETTE, faded
from cifar_core.ui.runs.table import ACCURACY_FORMAT, as_percent
from cifar_core.words import count, percent, plain

_numbers, _texts = st.column_config.NumberColumn, st.column_config.TextColumn
_COLUMNS: dict[str, Any] = {
    "author": _texts(width=92, pinned=True),
    "file": _texts(width=125),
    "rules": _texts(width=88, help="Of the network: those that the assignment requires."),
    "parameters": _numbers(width=86, format="localized"),
    "to spare": _numbers(width=84, format="localized", help="Below the limit; negative where there are too many."),
    "params said": _texts(width=112, help="What the student says, and whether it is the number."),
    "field": _numbers(width=50, format="%d", help="Receptive field before the pooling, px."),
    "more": _numbers(width=50, format="%d", help="Pixels more than the least; negative where it is too small."),
    "field said": _texts(width=150, help="In px; “with the pooling”: right only if the pooling window is counted."),
    "test": _numbers(width=62, format=ACCURACY_FORMAT, help="Test accuracy of a run package."),
    "test is": _texts(width=92, help="As the package's own predictions tell it, or recomputed here from its weights."),
    "test said": _texts(width=108),
    "same": _texts(width=48, help="Networks of one letter are the same but for names."),
    "run": _texts(width=70, help="The run's own rules: three transforms by albumentations, and its accuracy."),
    "protocol": _texts(width=125, help="Data set, and whether the test set chose the epoch."),
    "what is wrong": _texts(width=420, help="Why a file is not judged."),
}
"""Widths in screen pixels."""
_WHOLE = ("parameters", "to spare", "field", "more")
_MARKS = ("wrong", "not met", "with the pooling", "not judged")


def draw_table(table: ClassTable, name: str) -> None:
    """Figures, the table, and the file to take along."""
    _draw_figures(table)
    rows = pd.DataFrame([_row(row) for row in table.rows], columns=list(_COLUMNS)).astype(
        dict.fromkeys(_WHOLE, "Int64")
    )
    unused = [column for column in rows if not (rows[column].notna() & (rows[column] != "")).any()]
    st.dataframe(
        rows.drop(columns=unused).style.map(_highlight),
        hide_index=True,
        column_config=_COLUMNS,
        height="content" if len(rows) <= 20 else 720,
        placeholder="",
        key="class-table",
    )
    st.download_button(
        "Save as CSV",
        class_csv(table).encode("utf-8-sig"),  # without the mark Excel takes UTF-8 for something else
        file_name=f"{name.rpartition('.')[0] or name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="class-csv",
    )


def draw_remarks(table: ClassTable) -> None:
    """Who has the same network, what could not be judged and why, and which claims found no file."""
    _draw_list("Same network", [group_sentence(group).removeprefix("Same network ") for group in table.identical])
    _draw_list("Not judged", [f"{row.file}: {row.problem}" for row in table.rows if row.problem])
    _draw_list("Claims left aside", table.notes)


def _draw_figures(table: ClassTable) -> None:
    judged = [row for row in table.rows if row.passed is not None]
    fields = table.stated_fields()
    row = st.container(horizontal=True)
    row.metric("Networks", f"{len(judged)} of {len(table.rows)} files", border=True)
    row.metric("Meet the network rules", f"{sum(row.passed is True for row in judged)} of {len(judged)}", border=True)
    stated = sum(fields.values())
    row.metric(
        "Stated fields that are right",
        f"{fields['right']} of {stated}" if stated else "none stated",
        border=True,
        help=f"{fields['with the pooling']} more only with the pooling window counted, which the rule does not mean.",
    )
    alike = sum(len(group.files) for group in table.identical if len(group.files) > 1)
    row.metric("Share their network", f"{alike} files", border=True, help="With another file of the class.")


def _row(row: ClassRow) -> dict[str, object]:
    said, run, failed = row.verdicts, row.run, len(row.failed_rules)
    return {
        "author": row.author,
        "file": row.file,
        "rules": "not judged" if row.passed is None else "met" if row.passed else f"{failed} not met",
        "parameters": row.params,
        "to spare": row.params_margin,
        "params said": _said(_number(row.claimed.params), said.params),
        "field": row.receptive_field,
        "more": row.field_margin,
        "field said": _said(_number(row.claimed.receptive_field), said.receptive_field),
        "test": as_percent(row.accuracy),
        "test is": _accuracy_source(row),
        "test said": _said("" if row.claimed.accuracy is None else percent(row.claimed.accuracy), said.accuracy),
        "same": row.identical,
        "run": "" if run is None else {True: "met", False: "not met", None: "open"}[run.passed],
        "protocol": f"{run.dataset}, {run.protocol}" if run else "",
        "what is wrong": row.problem,
    }


def _accuracy_source(row: ClassRow) -> str:
    if row.run is None or row.accuracy is None:
        return ""
    return "as told" if row.run.recomputed_accuracy is None else "recomputed"


def _number(number: int | None) -> str:
    return "" if number is None else count(number)


def _said(value: str, verdict: str | None) -> str:
    """Such as "125, wrong"; the number alone where there is nothing to compare with."""
    return ", ".join(filter(None, (value, verdict)))


def _highlight(cell: object) -> str:
    text = cell if isinstance(cell, str) else ""
    return f"background-color: {faded(PALETTE[6], 0.2)}" if text.endswith(_MARKS) else ""


def _draw_list(title: str, sentences: list[str] | tuple[str, ...]) -> None:
    if sentences:
        st.markdown(f"**{title}**\n\n" + "\n".join(f"- {plain(sentence)}" for sentence in sentences))
