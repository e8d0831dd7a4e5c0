"""The HTML report in a real browser that has no network."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cifar_core.report.content import make_report
from cifar_core.report.html import html_page
from cifar_core.runs import RunStore
from cifar_core.runs.experiment import RunListener, execute_run
from tests.tiny import tiny_config

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_html_opens_without_a_network(own_store: Path, tmp_path: Path, chromium: Browser) -> None:
    file = tmp_path / "report.html"
    with closing(RunStore()) as store:
        claim = store.start(tiny_config())
        execute_run(store, claim, RunListener())
        file.write_text(html_page(make_report(store, [store.get(claim.run_id)])))
    context = chromium.new_context(offline=True)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    assert page.locator(".js-plotly-plot").count() == 2
    assert page.evaluate("[...document.images].every(image => image.naturalWidth === 32)")
    assert said == []
    context.close()
