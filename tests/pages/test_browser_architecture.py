"""A network designed by hand: typed into the table, moved by buttons, pasted, and kept through a reload."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Position, TimeoutError, expect

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params
from cifar_core.architecture.editing.rows import with_row_edits
from cifar_core.ui.workbench_link import architecture_link
from tests.architecture.importing.printed_samples import SEED
from tests.pages.browser import STILL, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_3 = find_preset("seed-model-3").spec
PANES = ("Layers", "Edit", "Field", "Fit", "Compare", "Your network", "Take away")
ROW_HEIGHT = 35
"""Screen pixels, of the header too."""
COLUMNS = {"channels": 190, "kernel": 275, "groups": 610}
"""Screen pixels from the table's left to the middle of a column."""
EDITOR = "#portal :is(input, textarea)"
"""Of the cell that is open."""
A_MOMENT = 300
"""Milliseconds in which the table chooses a cell; it drops keys that come sooner."""


def table(visitor: Visitor) -> Locator:
    return visitor.main.get_by_test_id("stDataFrame").first


def type_into(visitor: Visitor, row: int, column: str, text: str) -> None:
    """As a person does, at a person's speed. Rows are counted from 1, as the table shows them."""
    expect(visitor.page.locator(STILL)).to_be_attached()
    visitor.page.wait_for_timeout(A_MOMENT)
    open_cell(visitor, {"x": COLUMNS[column], "y": ROW_HEIGHT * row + ROW_HEIGHT / 2})
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type(text, delay=80)
    expect(visitor.page.locator(EDITOR)).to_have_value(text)
    visitor.page.keyboard.press("Enter")


def open_cell(visitor: Visitor, place: Position) -> None:
    """Until it is open: a table that was just drawn may miss the first clicks and keys on a busy machine."""
    for _ in range(5):
        table(visitor).click(position=place)
        visitor.page.wait_for_timeout(A_MOMENT)
        visitor.page.keyboard.press("Enter")
        with suppress(TimeoutError):
            visitor.page.locator(EDITOR).wait_for(timeout=3_000)
            return
    pytest.fail("the cell does not open")


def choose_all_rows(visitor: Visitor) -> None:
    """Until the table offers to delete them: as with a cell, the first clicks may be missed."""
    expect(visitor.page.locator(STILL)).to_be_attached()
    offer = visitor.main.get_by_role("button", name="Delete row(s)")
    for _ in range(5):
        table(visitor).click(position={"x": 12, "y": ROW_HEIGHT / 2})
        with suppress(TimeoutError):
            offer.wait_for(state="attached", timeout=3_000)
            return
    pytest.fail("the rows are not chosen")


def expect_parameters(visitor: Visitor, spec: ArchitectureSpec) -> None:
    expect(visitor.metric("Parameters")).to_have_text(f"{num_params(spec.layers):,}")


def test_a_cell_typed_into_the_table_is_the_network_at_once_and_survives_a_reload(visitor: Visitor) -> None:
    visitor.open("architecture", "?pane=Edit")
    expect_parameters(visitor, MODEL_3)
    type_into(visitor, 1, "channels", "48")
    wider = with_row_edits(MODEL_3, {0: {"out_channels": 48}})
    expect_parameters(visitor, wider)
    # The table has kept its place: the next cell is typed into the very same one.
    type_into(visitor, 2, "channels", "70")
    wider = with_row_edits(wider, {1: {"out_channels": 70}})
    expect_parameters(visitor, wider)
    type_into(visitor, 4, "groups", "5")
    expect(visitor.main.get_by_text("Row 4: groups is 5: it must divide in_channels, 32.")).to_be_visible()
    expect_parameters(visitor, wider)
    type_into(visitor, 4, "groups", "8")
    expect(visitor.main.get_by_text("Row 4: groups is 5")).to_have_count(0)
    grouped = with_row_edits(wider, {3: {"groups": "8"}})
    expect_parameters(visitor, grouped)
    # Streamlit forgets the edits of a table that is not drawn; the network must not.
    visitor.main.get_by_role("radio", name="Layers").click()
    expect(visitor.main.get_by_role("button", name="Residual block")).to_have_count(0)
    visitor.main.get_by_role("radio", name="Edit").click()
    type_into(visitor, 2, "kernel", "5")
    grouped = with_row_edits(grouped, {1: {"kernel_size": 5}})
    expect_parameters(visitor, grouped)
    # The figures stand before the address does.
    visitor.expect_query(network=architecture_link(find_preset("seed-model-3"), grouped))
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("architecture")
    expect_parameters(visitor, grouped)


def test_all_rows_are_deleted_and_taken_back(visitor: Visitor) -> None:
    visitor.open("architecture", "?pane=Edit")
    choose_all_rows(visitor)
    visitor.page.wait_for_timeout(A_MOMENT)
    visitor.page.keyboard.press("Delete")
    expect(visitor.metric("Parameters")).to_have_text("30")
    expect(visitor.main.get_by_text("Blocks found: none.")).to_be_visible()
    expect(visitor.page.locator(STILL)).to_be_attached()
    undo = visitor.main.get_by_role("button", name="Undo")
    expect(undo).to_have_count(1)
    undo.click()
    expect_parameters(visitor, MODEL_3)


def test_the_seeds_printed_module_is_pasted_and_opened(visitor: Visitor) -> None:
    visitor.open("architecture", "?" + urlencode({"network": "dilated", "pane": "Your network"}))
    box = visitor.main.get_by_role("textbox", name="print(model)")
    box.fill(SEED)
    box.press("Control+Enter")
    visitor.main.get_by_role("button", name="Open in the editor").click()
    expect(table(visitor)).to_be_visible()
    expect(visitor.metric("Parameters")).to_have_text("97,264")
    expect(visitor.metric("Receptive field (before pooling)")).to_have_text("69 px")


@pytest.mark.parametrize("width", [1440, 800])
def test_every_pane_fits_its_window_and_plays(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 900})
    for pane in PANES:
        visitor.open("architecture", "?" + urlencode({"pane": pane}))
        assert visitor.overflow() == 0, pane
        expect(visitor.page.get_by_test_id("stException")).to_have_count(0)
    visitor.open("architecture", "?" + urlencode({"pane": "Field", "played": "true"}))
    chart = visitor.widget("seen").get_by_test_id("stPlotlyChart")
    expect(chart.get_by_text("C3.1: 29 x 29 px")).to_be_visible()
    chart.get_by_text("Play, layer by layer").click()
    expect(chart.get_by_text("C1.1: 3 x 3 px")).to_be_visible()
    # It ends where it began, so that picture and words agree.
    expect(chart.get_by_text("C3.1: 29 x 29 px")).to_be_visible()
