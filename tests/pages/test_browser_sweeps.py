"""A sweep as a person sets it up and reads it, before a real Chromium, with the worker process of a real server."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from cifar_core.runs import RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps import Choice, SweepSpec
from tests.pages.browser import STILL, Dashboard, Visitor, fill_in
from tests.pages.helpers import narrowest_link
from tests.sweeps.conftest import tiny_sweep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROW = "?" + urlencode({"network": narrowest_link("seed-model-3"), "dataset": "digits"})


@pytest.fixture
def worker() -> str:
    return "process"


def test_a_sweep_is_set_up_by_hand_watched_and_opened(dashboard: Dashboard, visitor: Visitor) -> None:
    visitor.open("training", NARROW)
    visitor.main.get_by_text("Sweep: search for better settings").click()
    field = visitor.widget("sweep-field-0").get_by_role("combobox")
    values = visitor.widget("sweep-values-0").get_by_role("textbox")
    visitor.widget("sweep-drop-1").get_by_role("button").click()
    expect(visitor.widget("sweep-field-1")).to_have_count(0)
    # A title, typed as it may be, stands for its field, and what is typed beside it stays.
    fill_in(field, "momentum")
    expect(values).to_have_value("")
    fill_in(values, "0.5,0.9")
    expect(visitor.main.get_by_text("2 combinations; at most 2 trials")).to_be_visible()
    expect(values).to_have_value("0.5,0.9")
    # As the command line takes it; and every name of a field has the values that are often tried.
    fill_in(field, "lr=0.1,0.2,0.3")
    expect(values).to_have_value("0.1,0.2,0.3")
    expect(visitor.main.get_by_text("3 combinations; at most 3 trials")).to_be_visible()
    fill_in(field, "Highest learning rate")
    expect(values).to_have_value("0.025..0.4:log")
    fill_in(field, "batch SIZE")
    expect(values).to_have_value("64,128,256")
    fill_in(values, "256,0")
    expect(visitor.main.get_by_text("Batch size is 0: it must be")).to_be_visible()
    start = visitor.main.get_by_role("button", name="Start the sweep")
    expect(start).to_be_disabled()
    fill_in(values, "256,512")
    expect(visitor.main.get_by_text("2 combinations; at most 2 trials")).to_be_visible()
    visitor.expect_query(varies='["batch_size=256,512"]')
    expect(visitor.page.locator(STILL)).to_be_attached()
    visitor.enter("Trials at most", "2")
    visitor.expect_query(**{"sweep.trials": "2"})
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("training")
    expect(values).to_have_value("256,512")
    expect(visitor.main.get_by_role("spinbutton", name="Trials at most")).to_have_value("2")
    start.dblclick()
    visitor.main.get_by_role("link", name="See the sweep").click()
    visitor.expect_page("runs")
    # Two trainings, with a worker process that starts for the first.
    expect(visitor.main.get_by_text("All 2 combinations were tried.")).to_be_visible(timeout=180_000)
    expect(visitor.main.get_by_text("Best: trial")).to_be_visible()
    with closing(RunStore(folder=dashboard.runs)) as store:
        (sweep,) = store.list_sweeps()
        assert sweep.state == SweepState.COMPLETED
        assert SweepSpec.parse(sweep.spec_json).parameters == (Choice(name="batch_size", values=(256, 512)),)
        runs = store.sweep_runs(sweep.id)
    assert sorted(run.config.training.batch_size for run in runs.values()) == [256, 512]
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("runs")
    visitor.main.get_by_role("link", name="Open it").click()
    visitor.expect_page("training")
    expect(visitor.main.get_by_text("seed-model-3 ").first).to_be_visible()
    assert not visitor.complaints


def test_a_sweep_in_view_is_stopped_resumed_and_deleted(dashboard: Dashboard, visitor: Visitor) -> None:
    base = tiny_sweep().base
    long = base.changed(training=base.training.changed(epochs=900).model_dump())
    with closing(RunStore(folder=dashboard.runs)) as store:
        other = store.add_sweep("another one", tiny_sweep().to_json())
        store.end_sweep(other.id, SweepState.COMPLETED)
        sweep = store.add_sweep("for long", tiny_sweep(base=long.model_dump()).to_json())
    visitor.open("runs", f"?sweep={sweep.id}")
    expect(visitor.main.get_by_text("1 of 3 trials begun")).to_be_visible()
    visitor.main.get_by_role("button", name="Stop the sweep").click()
    visitor.main.get_by_role("button", name="Resume it").click()
    expect(visitor.main.get_by_role("button", name="Stop the sweep")).to_be_enabled()
    expect(visitor.main.get_by_text("1 of 3 trials begun")).to_be_visible()
    expect(visitor.main.get_by_text("There is no sweep")).to_have_count(0)
    # It stands where it will be pressed: what comes and goes beside it does not move it.
    expect(visitor.main.get_by_role("button", name="Delete")).to_be_disabled()
    visitor.main.get_by_role("button", name="Stop the sweep").click()
    expect(visitor.main.get_by_role("button", name="Resume it")).to_be_visible()
    expect(visitor.main.get_by_text("There is no sweep")).to_have_count(0)
    visitor.main.get_by_role("button", name="Delete").click()
    visitor.page.get_by_role("button", name="Delete the sweep").click()
    # The next one stands there, and its own question is not open: a second click throws nothing away.
    expect(visitor.main.get_by_text("Nothing was tried.")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Delete the sweep")).to_have_count(0)
    expect(visitor.main.get_by_text("There is no sweep")).to_have_count(0)
    assert not visitor.complaints
    with closing(RunStore(folder=dashboard.runs)) as store:
        assert ([sweep.id for sweep in store.list_sweeps()], store.count_runs()) == ([other.id], 1)
