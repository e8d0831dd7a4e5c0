"""Points of the feature map, clicked in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cifar_core.runs import RunFiles
from tests.pages.browser import Dashboard, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_click_on_a_point_opens_its_image_each_time(
    dashboard: Dashboard, visitor: Visitor, trained_once: tuple[Path, dict[str, str]]
) -> None:
    folder, ids = trained_once
    shutil.copytree(folder, dashboard.runs, dirs_exist_ok=True)
    predictions = RunFiles(folder / ids["completed"]).load_predictions("validation")
    assert predictions is not None
    visitor.open("mistakes", f"?run={ids['completed']}")
    visitor.main.get_by_text("Feature map", exact=True).click()
    points = visitor.main.locator(".scatterlayer .point")
    expect(points).to_have_count(len(predictions.targets))
    opened = visitor.page.get_by_role("dialog")
    links = []
    for _ in range(2):
        # Points lie upon each other: the browser's own click would wait for one to be uncovered.
        points.nth(3).click(force=True)
        expect(opened).to_be_visible()
        visitor.page.wait_for_url("**image=*")
        links.append(visitor.page.url.rpartition("image=")[2])
        expect(opened).to_contain_text(f"image {links[-1]}")
        visitor.page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
        visitor.page.wait_for_url(lambda url: "image=" not in url)
    assert links[0] == links[1]
    assert int(links[0]) in predictions.index
    # Neither a double-click beside the points nor the next change of the page opens it again.
    plot = visitor.main.locator(".nsewdrag").first
    plot.dblclick(position={"x": 60, "y": 60}, force=True)
    visitor.page.wait_for_timeout(1000)
    expect(opened).to_have_count(0)
    visitor.main.get_by_text("Only mistakes").click()
    expect(points).not_to_have_count(len(predictions.targets))
    expect(opened).to_have_count(0)
