"""Asked for against got, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from cifar_core.data.augmentation.amounts import Drawn, Report
from cifar_core.data.augmentation.units import written_range
from cifar_core.words import percent

_ROW_HEIGHT = 35
_WIDTHS = {"Transform": 190, "What is drawn": 130, "Asked for": 120, "Got": 150}
"""Screen pixels: the longest title without a number behind it fits, and the whole table a window of 1440."""


def draw_amounts(reports: Sequence[Report]) -> None:
    """One row for how often each transform or mixer happened, and one for each amount that it drew."""
    if not reports:
        return
    rows = [row for report in reports for row in _rows(report)]
    of = reports[0].of
    st.markdown("**Asked for, and got**")
    st.dataframe(
        pd.DataFrame(rows, columns=[*_WIDTHS, "Drawn"]),
        hide_index=True,
        height=_ROW_HEIGHT * (len(rows) + 1) + 3,  # all of it: one that scrolls by itself looks as if it ended
        column_config={
            **{title: st.column_config.TextColumn(width=width) for title, width in _WIDTHS.items()},
            "Drawn": st.column_config.BarChartColumn(
                "Drawn",
                width="small",
                y_min=0,
                help="How often each part of the range was drawn, the least at the left. Few draws of an even chance "
                "look uneven.",
            ),
        },
        alt=f"What each transform was to draw, and what it drew in {of} images",
    )


def _rows(report: Report) -> list[tuple[str, str, str, str, list[int] | None]]:
    happened = f"{percent(report.got_p)} ({report.happened} of {report.of})"
    first = (report.title, "Happens", percent(report.asked_p), happened, None)
    return [first, *(_amount_row(report.title, drawn) for drawn in report.drawn)]


def _amount_row(title: str, drawn: Drawn) -> tuple[str, str, str, str, list[int] | None]:
    amount, got = drawn.amount, drawn.got
    if amount.names:
        return (title, amount.title, f"one of {len(amount.names)}", _named(drawn), drawn.histogram())
    told = written_range((float(got.min()), float(got.max())), amount.unit) if len(got) else "-"
    return (title, amount.title, written_range(amount.asked, amount.unit), told, drawn.histogram() or None)


def _named(drawn: Drawn) -> str:
    """Of one of a choice: how many different ones came, and which most often."""
    numbers, times = np.unique(drawn.got.astype(np.int64), return_counts=True)
    if not len(numbers):
        return "-"
    most = drawn.amount.names[numbers[times.argmax()]]
    return f"{len(numbers)} of them, most often {most.lower()}"
