"""What a test does on the Runs page, and reads there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from tests.pages.helpers import shown


def table(session: AppTest) -> DataFrame:
    return session.dataframe[0].value


def names(session: AppTest) -> list[str]:
    return list(table(session)["name"])


def tick(session: AppTest, *rows: int) -> AppTest:
    """As the browser tells which rows are ticked now."""
    key = session.dataframe[0].key
    assert key is not None
    session.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return shown(session.run())


def ticks(session: AppTest) -> list[int]:
    return list(session.session_state[str(session.dataframe[0].key)]["selection"]["rows"])


def view(session: AppTest, name: str) -> AppTest:
    return shown(session.segmented_control("runs-view").set_value(name).run())


def choose(session: AppTest, key: str, *values: str) -> AppTest:
    return shown(session.multiselect(key).set_value(list(values)).run())


def sort_by(session: AppTest, order: str) -> AppTest:
    return shown(session.selectbox("sort").set_value(order).run())


def click(session: AppTest, key: str) -> AppTest:
    return shown(session.button(key).click().run())


def pane(session: AppTest, name: str) -> AppTest:
    return shown(session.segmented_control("runs-pane").set_value(name).run())


def drawn(session: AppTest) -> set[str]:
    """Names of the runs whose curves are drawn."""
    (chart,) = session.get("vega_lite_chart")
    titles = chart.proto.alt.partition(" of ")[2].split(", ")
    return {title.partition(" (")[0] for title in titles}


def chosen(session: AppTest) -> list[str]:
    """Names of the chosen runs, as the page tells them."""
    told = next((line.value for line in session.markdown if "chosen**" in line.value), "")
    return [name.partition(" (")[0] for name in told.partition(": ")[2].split(", ") if name]


def box(widgets: Iterable[Any], key: str) -> Any:
    """The widget whose key begins so: the rest of it tells which run it is about."""
    (found,) = (widget for widget in widgets if (widget.key or "").startswith(key))
    return found
