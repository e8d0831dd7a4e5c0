"""The dashboard as a person meets it: a real Chromium before a real server, on a machine without CIFAR-10."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from cifar_core.analysis.confusion import confusion_matrix
from cifar_core.architecture import find_preset, num_params, with_block_widths
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import ColorJitter
from cifar_core.runs import Run, RunFiles, RunState, RunStore
from cifar_core.ui.architecture.start import MIN_WIDTH
from cifar_core.ui.mistakes.image_pages import IMAGES_A_PAGE
from cifar_core.ui.mistakes.matrix_view import ANY
from cifar_core.ui.workbench_link import architecture_link, augmentation_link
from tests.pages.browser import Dashboard, Visitor
from tests.pages.helpers import PAGES, narrowest_link

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROWEST = dict.fromkeys(("C1", "C2", "C3", "C4"), MIN_WIDTH)
"""Trains fastest."""


def only_run(folder: Path) -> tuple[Run, RunFiles]:
    with closing(RunStore(folder=folder)) as store:
        (run,) = store.list_runs()
        return run, RunFiles(store.run_folder(run.id))


def test_from_an_idea_to_its_mistakes(dashboard: Dashboard, visitor: Visitor) -> None:
    visitor.open("home")
    shape_a_network(visitor)
    change_the_pictures(visitor)
    run = train_it(visitor, dashboard.runs)
    look_at_a_mistake(visitor, dashboard.runs)
    visitor.go("runs")
    visitor.expect_curves(f"{run.name} ({run.id[-6:]})")
    expect(visitor.main.get_by_test_id("stDataFrame").first).to_be_visible()


def shape_a_network(visitor: Visitor) -> None:
    visitor.go("architecture")
    visitor.choose("preset", "Seed, Model 1")
    expect(visitor.metric("Parameters")).to_have_text("1,605,600")
    visitor.expect_query(network="seed-model-1")
    visitor.choose("preset", "Seed, Model 2")
    expect(visitor.metric("Parameters")).to_have_text("97,264")
    slider = visitor.main.get_by_role("slider", name="C1, channels")
    slider.focus()
    slider.press("ArrowRight")
    widened = with_block_widths(find_preset("seed-model-2").spec, {"C1": 65})
    wider = num_params(widened.layers)
    expect(visitor.metric("Parameters")).to_have_text(f"{wider:,}")
    expect(visitor.strip).to_contain_text(f"edited, {wider:,} parameters")
    visitor.expect_query(network=architecture_link(find_preset("seed-model-2"), widened))
    visitor.page.reload(wait_until="domcontentloaded")
    visitor.expect_page("architecture")
    expect(visitor.metric("Parameters")).to_have_text(f"{wider:,}")
    for block in NARROWEST:
        slider = visitor.main.get_by_role("slider", name=f"{block}, channels")
        slider.focus()
        slider.press("Home")
    expect(visitor.metric("Parameters")).to_have_text(f"{num_params(with_block_widths(widened, NARROWEST).layers):,}")


def change_the_pictures(visitor: Visitor) -> None:
    visitor.go("augmentation")
    samples = visitor.main.get_by_role("group", name="Originals and samples")
    expect(samples.get_by_role("img", name="unchanged")).to_have_count(80)
    visitor.main.get_by_text("Colour jitter").click()
    expect(samples.get_by_role("img", name="brightness").first).to_be_visible()
    expect(visitor.strip).to_contain_text("none edited")
    changed = AugmentationSpec(name="none", transforms=(ColorJitter(),))
    visitor.expect_query(transforms=augmentation_link(find_augmentation("none"), changed))


def train_it(visitor: Visitor, folder: Path) -> Run:
    visitor.go("training")
    expect(visitor.strip).to_contain_text("seed-model-2 edited")
    visitor.expect_choice("dataset", "Handwritten digits")
    visitor.enter("Epochs", "1")
    expect(visitor.strip).to_contain_text("1 epoch")
    visitor.main.get_by_role("button", name="Launch").click()
    # From here on nothing is touched: the page must come to the end by itself.
    expect(visitor.main.get_by_text("completed", exact=True)).to_be_visible()
    expect(visitor.metric("Epochs")).to_have_text("1 / 1")
    expect(visitor.metric("Test accuracy")).to_contain_text("%")
    expect(visitor.main.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    run, _ = only_run(folder)
    assert (run.state, run.config.dataset, run.epochs_done) == (RunState.COMPLETED, "digits", 1)
    widened = with_block_widths(find_preset("seed-model-2").spec, {"C1": 65})
    assert run.config.architecture == with_block_widths(widened, NARROWEST)
    assert [transform.type for transform in run.config.augmentation.transforms] == ["color_jitter"]
    visitor.main.get_by_role("link", name="See its mistakes").click()
    visitor.expect_page("mistakes")
    visitor.expect_query(run=run.id)
    return run


def look_at_a_mistake(visitor: Visitor, folder: Path) -> None:
    run, files = only_run(folder)
    predictions = files.load_predictions("validation")
    assert predictions is not None
    matrix = confusion_matrix(predictions.targets, predictions.predicted, 10)
    wrong_cells = [(true, answer) for true in range(10) for answer in range(10) if true != answer]
    cell = max(wrong_cells, key=lambda at: matrix[at])
    scope = f"{run.id}-validation"
    visitor.expect_choice(f"true-class-{scope}", ANY)
    visitor.click_cell(scope, *cell)
    visitor.expect_choice(f"true-class-{scope}", str(cell[0]))
    visitor.expect_choice(f"predicted-class-{scope}", str(cell[1]))
    images = visitor.widget(f"gallery-{scope}-{cell[0]}-{cell[1]}-confidence").get_by_role("button")
    expect(images.first).to_contain_text(f"{cell[0]} → {cell[1]}")
    expect(images).to_have_count(min(int(matrix[cell]), IMAGES_A_PAGE))


def test_a_deep_link_is_the_first_request_of_a_server(visitor: Visitor) -> None:
    visitor.open("mistakes")
    menu = visitor.page.get_by_test_id("stSidebar")
    expect(menu.get_by_role("link")).to_have_count(len(PAGES))
    for name in PAGES:
        expect(menu.get_by_role("link", name=name.capitalize(), exact=True)).to_be_visible()
    expect(visitor.page.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(visitor.main.get_by_text("There are no runs yet.")).to_be_visible()
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.main.get_by_role("link", name="Go to Training").click()
    visitor.expect_page("training")


def test_a_person_stops_a_long_run(dashboard: Dashboard, visitor: Visitor) -> None:
    visitor.open("training", "?" + urlencode({"network": narrowest_link("seed-model-3")}))
    visitor.enter("Epochs", "2000")
    expect(visitor.strip).to_contain_text("2,000 epochs")
    visitor.main.get_by_role("button", name="Launch").click()
    # Which part of an epoch is seen depends on the machine: on a fast one each look may meet an evaluation.
    expect(visitor.main.get_by_text(re.compile("Epoch [0-9]+ of 2000, (batch|evaluating)"))).to_be_visible()
    visitor.main.get_by_role("button", name="Stop").click()
    expect(visitor.main.get_by_text("stopped", exact=True)).to_be_visible()
    expect(visitor.main.get_by_role("button", name="Stop")).to_have_count(0)
    run, _ = only_run(dashboard.runs)
    assert run.state == RunState.STOPPED


def test_a_shared_link_opens_its_run_and_every_page_fits_a_window_of_800_pixels(
    dashboard: Dashboard, visitor: Visitor, trained_once: tuple[Path, dict[str, str]]
) -> None:
    folder, ids = trained_once
    shutil.copytree(folder, dashboard.runs)
    visitor.open("mistakes", f"?run={ids['seed']}")
    expect(visitor.main.get_by_text("the seed's protocol holds no validation images out")).to_be_visible()
    visitor.page.set_viewport_size({"width": 800, "height": 900})
    for name in PAGES:
        visitor.open(name)
        assert visitor.overflow() == 0, name
        expect(visitor.page.get_by_test_id("stException")).to_have_count(0)
