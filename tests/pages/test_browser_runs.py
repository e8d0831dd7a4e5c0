"""The Runs page as a person uses it, before a real Chromium: a table is drawn on a canvas, which no AppTest clicks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from cifar_core.analysis.curves import run_title
from cifar_core.analysis.export.metric_logs import metrics_csv
from cifar_core.runs import RunStore
from cifar_core.runs.report_texts import ReportText
from tests.pages.browser import Dashboard, Visitor
from tests.pages.helpers import narrowest_link
from tests.runs.test_catalogue import ended

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROW_HEIGHT, TICK_CENTRE = 35, 17
"""Screen pixels of a table's rows, and of its column of ticks."""


@pytest.fixture
def store(dashboard: Dashboard) -> Iterator[RunStore]:
    with closing(RunStore(folder=dashboard.runs)) as store:
        yield store


def tick(visitor: Visitor, row: int) -> None:
    table = visitor.main.get_by_test_id("stDataFrame").first
    table.click(position={"x": TICK_CENTRE, "y": (row + 1.5) * ROW_HEIGHT})


def test_tick_two_compare_them_delete_one_and_undo(visitor: Visitor, store: RunStore) -> None:
    first, _, third = (run_title(ended(store, name, 0.2, 0.4, 0.5)) for name in ("first", "second", "third"))
    visitor.open("runs")
    visitor.expect_curves(third)
    tick(visitor, 0)
    expect(visitor.main.get_by_text("1 run chosen")).to_be_visible()
    tick(visitor, 2)
    expect(visitor.main.get_by_text(f"2 runs chosen: {third}, {first}")).to_be_visible()
    visitor.expect_curves(third, first)
    # A new run moves the rows: the ticks go along, and only the one that is taken away goes.
    ended(store, "fourth", 0.3)
    visitor.main.get_by_text("Differences").click()
    expect(visitor.main.get_by_text("Only what differs.")).to_be_visible()
    visitor.main.get_by_text("Curves", exact=True).click()
    visitor.expect_curves(third, first)
    tick(visitor, 1)
    expect(visitor.main.get_by_text(f"1 run chosen: {first}")).to_be_visible()
    visitor.main.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.main.get_by_text("1 run deleted.")).to_be_visible()
    assert [run.name for run in store.find_runs()] == ["fourth", "third", "second"]
    visitor.main.get_by_role("button", name="Undo").click()
    expect(visitor.main.get_by_text(f"1 run chosen: {first}")).to_be_visible()
    visitor.expect_query(run=store.find_runs()[-1].id)
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("runs")
    visitor.expect_curves(first)


def test_a_link_that_is_copied_opens_the_same_runs_and_network_elsewhere(
    visitor: Visitor, store: RunStore, chromium: Browser, dashboard: Dashboard
) -> None:
    first, _, third = (ended(store, name, 0.2, 0.4) for name in ("first", "second", "third"))
    visitor.open("runs", f"?network={quote(narrowest_link('dilated'))}&transforms=none&run={first.id},{third.id}")
    visitor.main.get_by_text("Take away", exact=True).click()
    visitor.main.get_by_text("Metrics as CSV").click()
    expect(visitor.main.get_by_text("A line an epoch, for a spreadsheet.")).to_be_visible()
    visitor.main.get_by_role("button", name="Make the file").click()
    with visitor.page.expect_download() as download:
        visitor.main.get_by_role("button", name=f"Save {first.id}.csv").click()
    assert download.value.path().read_bytes() == metrics_csv(store.epochs(first.id))
    link = visitor.main.get_by_test_id("stCode").inner_text().strip()
    context = chromium.new_context()
    colleague = Visitor(context.new_page(), dashboard.url)
    colleague.page.goto(link, wait_until="domcontentloaded")
    colleague.expect_page("runs")
    colleague.expect_curves(run_title(first), run_title(third))
    expect(colleague.strip).to_contain_text("dilated edited")
    expect(colleague.strip).to_contain_text("augmentation none")
    context.close()
    assert not colleague.complaints


def test_what_is_typed_into_the_next_field_at_once_stays(visitor: Visitor, store: RunStore) -> None:
    run = ended(store, "mine", 0.2, 0.4)
    visitor.open("runs", f"?run={run.id}&runs-pane=Report")
    target, analysis = (visitor.main.get_by_label(name) for name in ("Target", "Your analysis"))
    target.click()
    visitor.page.keyboard.type("Fewer channels")
    visitor.page.keyboard.press("Tab")
    # The first field is kept meanwhile, and the page drawn anew.
    visitor.page.keyboard.type("It does as well with half of them", delay=60)
    expect(analysis).to_be_focused()
    visitor.page.keyboard.press("Tab")
    wanted = ReportText("Fewer channels", "It does as well with half of them")
    for _ in range(300):
        if store.report_text(run.id) == wanted:
            break
        visitor.page.wait_for_timeout(100)
    assert store.report_text(run.id) == wanted
    expect(target).to_have_value("Fewer channels")
    expect(analysis).to_have_value("It does as well with half of them")
