"""Asked for against got, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cifar_core.data.augmentation.amounts import Drawn, Report
from cifar_core.data.augmentation.units import written_range
from cifar_core.words import percent

_ROW_HEIGHT, _MOST_ROWS = 35, 24
_TITLE_WIDTH = 190
"""Screen pixels: the longest title without a number behind it fits."""


def draw_amounts(reports: Sequence[Report]) -> None:
    """One row for how often each transform or mixer happened, and one for each amount that it drew."""
    if not reports:
        return
    rows = [row for report in reports for row in _rows(report)]
    of = reports[0].of
    st.markdown("**Asked for, and got**")
    st.dataframe(
        pd.DataFrame(rows, columns=["Transform", "What is drawn", "Asked for", "Got", "Drawn"]),
        hide_index=True,
        height=_ROW_HEIGHT * (min(len(rows), _MOST_ROWS) + 1) + 3,
        column_config={
            "Transform": st.column_config.TextColumn(width=_TITLE_WIDTH),
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
    told = written_range((float(got.min()), float(got.max())), amount.unit) if len(got) else "-"
    return (title, amount.title, written_range(amount.asked, amount.unit), told, drawn.histogram())
