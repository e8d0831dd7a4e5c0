"""A training as a person goes through it, before a real Chromium, with the worker process of a real server."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect

from cifar_core.runs import Run, RunState, RunStore
from tests.pages.browser import Dashboard, Visitor
from tests.pages.helpers import narrowest_link

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROW = "?" + urlencode({"network": narrowest_link("seed-model-3"), "dataset": "digits"})
EPOCHS = 900
"""So many that it never ends by itself, however slow the browser and fast the training is."""
REFRESHES = 2


@pytest.fixture
def worker() -> str:
    return "process"


def runs_in(folder: Path) -> list[Run]:
    with closing(RunStore(folder=folder)) as store:
        return store.list_runs()


def curves(visitor: Visitor) -> Locator:
    return visitor.main.get_by_test_id("stVegaLiteChart").first


def launch(visitor: Visitor) -> None:
    visitor.open("training", NARROW)
    visitor.enter("Epochs", str(EPOCHS))
    expect(visitor.strip).to_contain_text(f"{EPOCHS} epochs")
    visitor.enter("Batch size", "32")
    expect(visitor.main.get_by_text("Batch size 64 → 32")).to_be_visible()
    visitor.main.get_by_role("button", name="Launch").dblclick()


def test_launch_watch_stop_resume_and_stop_again(dashboard: Dashboard, visitor: Visitor) -> None:
    launch(visitor)
    wait_for_epochs(visitor, 1)
    (run,) = runs_in(dashboard.runs)
    assert run.state == RunState.RUNNING, "two clicks launched one run"
    look_at_the_curves(visitor)
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("training")
    expect(visitor.main.get_by_text(run.id)).to_be_visible()
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main.get_by_text("stopped", exact=True)).to_be_visible()
    (run,) = runs_in(dashboard.runs)
    assert run.state == RunState.STOPPED
    assert 2 <= run.epochs_done < EPOCHS
    visitor.main.get_by_role("button", name="Resume").click()
    expect(visitor.page.get_by_test_id("stToast").filter(has_text=f"after epoch {run.epochs_done}")).to_be_visible()
    wait_for_epochs(visitor, run.epochs_done + 2)
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main.get_by_text("stopped", exact=True)).to_be_visible()
    (again,) = runs_in(dashboard.runs)
    assert (again.id, again.state) == (run.id, RunState.STOPPED)
    assert again.epochs_done >= run.epochs_done + 2


def wait_for_epochs(visitor: Visitor, epochs: int) -> None:
    visitor.page.wait_for_function(
        "epochs => [...document.querySelectorAll('[data-testid=stMetricValue]')]"
        ".some(value => { const told = value.innerText.match(/^([0-9]+) \\/ [0-9]+$/);"
        " return told && Number(told[1]) >= epochs; })",
        arg=epochs,
    )


def look_at_the_curves(visitor: Visitor) -> None:
    """The chart stays the same one while its data change: what a person zoomed or chose in it is kept."""
    chart = curves(visitor)
    expect(chart.locator("canvas, svg.marks").first).to_be_visible()
    chart.locator("canvas, svg.marks").first.evaluate("node => { node.dataset.mark = 'seen'; }")
    progress = visitor.main.get_by_test_id("stProgress")
    for _ in range(REFRESHES):
        expect(progress).not_to_have_text(progress.inner_text())
    wait_for_epochs(visitor, 2)
    expect(chart.locator("[data-mark=seen]")).to_have_count(1)
