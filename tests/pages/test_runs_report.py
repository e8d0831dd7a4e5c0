"""The Report pane of the Runs page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run, RunStore
from cifar_core.runs.report_texts import ReportText
from tests.pages.helpers import open_page, shown, toasts

pytestmark = pytest.mark.usefixtures("idle")


def pane() -> AppTest:
    session = open_page("runs")
    return shown(session.segmented_control("runs-pane").set_value("Report").run())


def test_words_are_kept_as_soon_as_a_field_is_left(trained: Callable[[str], Run], store: RunStore) -> None:
    run = trained("completed")
    store.delete([other.id for other in store.list_runs() if other.id != run.id])
    session = pane()
    shown(session.text_area[0].set_value("Fewer channels").run())
    assert store.report_text(run.id) == ReportText("Fewer channels", "")
    shown(session.text_area[1].set_value("It *works*").run())
    assert store.report_text(run.id) == ReportText("Fewer channels", "It *works*")
    assert [area.value for area in pane().text_area] == ["Fewer channels", "It *works*"]


def test_what_another_tab_wrote_is_not_lost(trained: Callable[[str], Run], store: RunStore) -> None:
    run = trained("completed")
    store.delete([other.id for other in store.list_runs() if other.id != run.id])
    first, second = pane(), pane()
    shown(first.text_area[0].set_value("Theirs").run())
    shown(second.text_area[1].set_value("Mine").run())
    assert store.report_text(run.id) == ReportText("Theirs", "Mine")
    assert [area.value for area in second.text_area] == ["Theirs", "Mine"]
    shown(first.text_area[1].set_value("Too late").run())
    assert store.report_text(run.id) == ReportText("Theirs", "Mine")
    assert toasts(first) == ["The analysis was changed meanwhile. Yours was not kept; it said: Too late"]
    assert [area.value for area in first.text_area] == ["Theirs", "Mine"]


@pytest.mark.parametrize(("kind", "file"), [("html", "report.html"), ("markdown", "report.zip")])
def test_the_report_is_made_when_asked_for_and_can_be_saved(
    trained: Callable[[str], Run], kind: str, file: str
) -> None:
    trained("completed")
    session = pane()
    assert not session.get("download_button")
    shown(session.radio("report-format").set_value(kind).run())
    shown(session.button("make-report").click().run())
    (saved,) = session.get("download_button")
    assert saved.proto.label == f"Save {file}"
