from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import find_preset, with_block_widths
from cifar_core.data import find_augmentation
from cifar_core.errors import StoreError
from cifar_core.runs import Run, RunProgress, RunState, RunStore
from cifar_core.training import find_recipe
from tests.pages.helpers import (
    SECONDS,
    as_read,
    go_to,
    links,
    metric,
    narrowest_link,
    number,
    on_strip,
    open_page,
    says,
    shown,
)
from tests.tiny import some_metrics, tiny_config


def stop_button(session: AppTest) -> Any:
    """The one of the run that is being watched."""
    return next(button for button in session.button if (button.key or "").startswith("stop-"))


def launch(session: AppTest) -> AppTest:
    return shown(session.button("launch").click().run())


def button_keys(session: AppTest) -> set[str | None]:
    return {button.key for button in session.main.button}


def test_launching_what_a_first_visit_finds(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    (run,) = store.list_runs()
    preset = find_preset("seed-model-3")
    assert run.state == RunState.QUEUED
    assert (run.name, run.config.dataset) == ("seed-model-3", "digits")
    assert run.config.architecture == preset.spec
    assert run.config.augmentation == find_augmentation("seed-model-3").spec
    assert run.config.training == find_recipe("seed").spec
    assert says(session, "**seed-model-3** on Handwritten digits", "-badge[queued]", run.id)
    assert [toast.value for toast in session.toast] == ["seed-model-3 is queued."]


def test_the_form_decides_the_run(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.selectbox("recipe").set_value("quick").run())
    session.number_input("quick.epochs").set_value(3)
    session.number_input("quick.batch").set_value(32)
    session.number_input("quick.rate").set_value(0.125)
    session.number_input("seed").set_value(7)
    session.radio("protocol").set_value("seed")
    session.text_input("run-name").set_value("  my run ")
    launch(session)
    (run,) = store.list_runs()
    training = run.config.training
    quick = find_recipe("quick").spec
    assert run.name == "my run"
    optimizer = {**quick.optimizer.model_dump(), "learning_rate": 0.125}
    assert training == quick.changed(epochs=3, batch_size=32, seed=7, protocol="seed", optimizer=optimizer)
    assert "recipe **quick** :orange-badge[edited], 3 epochs" in on_strip(session, "recipe")


def test_what_lies_on_the_workbench_is_what_is_launched(store: RunStore, idle: None) -> None:
    session = open_page("architecture", network="dilated")
    shown(session.slider("width-C1").set_value(12).run())
    params = number(metric(session, "Parameters"))
    go_to(session, "augmentation")
    shown(session.toggle("assignment.color_jitter").set_value(True).run())
    shown(session.slider("assignment.horizontal_flip.p").set_value(0.25).run())
    launch(go_to(session, "training"))
    (run,) = store.list_runs()
    assert run.config.architecture == with_block_widths(find_preset("dilated").spec, {"C1": 12})
    assert run.num_params == params
    kinds = [transform.type for transform in run.config.augmentation.transforms]
    assert kinds == ["horizontal_flip", "shift_scale_rotate", "color_jitter", "coarse_dropout"]
    assert run.config.augmentation.transforms[0].p == 0.25
    assert run.config.training == find_recipe("quick").spec
    assert run.name == "dilated edited"


@pytest.mark.parametrize("name", ["", "   "])
def test_a_run_without_a_name_takes_the_networks(name: str, store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.text_input("run-name").set_value(name).run())
    launch(session)
    assert store.list_runs()[0].name == "seed-model-3"


def test_without_cifar10_launching_on_it_stores_nothing(trained: Callable[[str], Run], store: RunStore) -> None:
    watched = trained("completed")
    count = store.count_runs()
    session = open_page("training")
    shown(session.selectbox("dataset").set_value("cifar10").run())
    launch(session)
    (error,) = session.error
    assert error.value.startswith("CIFAR-10 is not in ")
    assert "data fetch" in error.value
    assert store.count_runs() == count
    assert says(session, f"**{watched.name}** on Handwritten digits"), "what was in view stays there"


def test_a_store_that_fails_is_a_sentence(store: RunStore, idle: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: RunStore, config: object) -> Run:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(RunStore, "enqueue", full)
    session = launch(open_page("training"))
    assert [error.value for error in session.error] == ["The disk is full."]


def test_a_launched_run_trains_to_its_end(store: RunStore) -> None:
    session = open_page("training", network=narrowest_link("seed-model-3"))
    session.number_input("seed.epochs").set_value(1)
    session.number_input("seed.batch").set_value(512)
    launch(session)
    (run,) = store.list_runs()
    deadline = time.monotonic() + SECONDS
    while not store.get(run.id).state.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run = store.get(run.id)
    assert (run.state, run.error) == (RunState.COMPLETED, None)
    shown(session.run())
    assert says(session, "-badge[completed]", run.id)
    assert metric(session, "Epochs") == "1 / 1"
    assert metric(session, "Test accuracy") == f"{100 * (run.test_accuracy or 0):.1f} %"
    assert links(session) == ["See its mistakes", "Compare it"]
    assert any("accuracy" in block.value for block in session.code)
    assert not any((key or "").startswith("stop") for key in button_keys(session))


def test_stop_ends_a_queued_run_at_once(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    shown(stop_button(session).click().run())
    assert store.list_runs()[0].state == RunState.STOPPED
    assert says(session, "-badge[stopped]")
    assert not any((key or "").startswith("stop") for key in button_keys(session))


def test_stop_asks_a_running_run_to_end(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("long", epochs=100))
    session = open_page("training")
    assert says(session, "**long** on Handwritten digits", "-badge[running]")
    shown(stop_button(session).click().run())
    assert store.get(claim.run_id).state == RunState.STOPPING
    assert says(session, "-badge[stopping]")
    assert stop_button(session).disabled


@pytest.mark.parametrize(("stage", "text"), [("loading", "Loading the images"), ("evaluating", "Evaluating")])
def test_every_stage_is_named(stage: str, text: str, store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config())
    store.report_progress(claim, RunProgress(stage))
    assert open_page("training").get("progress")[0].proto.text.startswith(text)


def test_a_running_run_shows_its_curve_and_the_time_left(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("long", epochs=101))
    store.report_epoch(claim, some_metrics(1, seconds=1.0))
    progress = RunProgress("training", epoch=2, batch=1, batches=4, loss=1.5, accuracy=0.5, images_per_second=256.0)
    store.report_progress(claim, progress)
    session = open_page("training")
    text = session.get("progress")[0].proto.text
    assert text.startswith("Epoch 2 of 101, batch 1 of 4")
    assert "loss 1.50, 50.0 % right so far" in text
    # 99 epochs and three batches of 64 images remain.
    assert text.endswith("256 images/s, about 1 m 40 s left")
    assert metric(session, "Best validation accuracy @ epoch") == "50.0 % @ 1"
    assert metric(session, "Test accuracy") == "-"
    assert "Accuracy and loss by epoch" in [chart.proto.alt for chart in session.get("plotly_chart")]


def test_stop_that_comes_too_late_says_so(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("short"))
    session = open_page("training")
    store.report_end(claim, RunState.COMPLETED)
    shown(stop_button(session).click().run())
    assert [toast.value for toast in session.toast] == [
        f"Run {claim.run_id} is completed: only a queued or running one can be stopped."
    ]
    assert says(session, "-badge[completed]")


def test_waiting_runs_are_listed_and_can_be_stopped(store: RunStore, idle: None) -> None:
    session = open_page("training")
    for name in ("first", "second"):
        session.text_input("run-name").set_value(name)
        launch(session)
    second, first = store.list_runs()
    assert says(session, "**second** on", "-badge[queued]"), "the run launched last is watched"
    assert says(session, "Also queued or running")
    assert says(session, "first :gray-badge[queued]")
    shown(session.button(f"stop-{first.id}").click().run())
    assert [store.get(run.id).state for run in (first, second)] == [RunState.STOPPED, RunState.QUEUED]


def test_how_a_run_ended_is_told(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("bad"))
    store.report_end(claim, RunState.DIVERGED, "The loss became infinite in epoch 1.")
    session = open_page("training")
    assert says(session, "**bad**", "-badge[diverged]")
    assert [error.value for error in session.error] == ["The loss became infinite in epoch 1."]
    assert not links(session)


def test_the_time_that_it_will_take_is_told_once_it_was_measured(store: RunStore, idle: None) -> None:
    assert says(open_page("training"), "unknown here until a first epoch of it is measured")
    session = launch(open_page("training"))
    claim = store.claim_next()
    assert claim is not None
    store.report_start(claim, "a machine", {})
    store.report_epoch(claim, some_metrics(1, seconds=2.0))
    shown(session.run())
    assert says(session, "About 1 m 40 s, as measured on a machine on ")


def test_each_recipe_keeps_its_own_numbers(idle: None) -> None:
    session = open_page("training")
    shown(session.number_input("seed.epochs").set_value(5).run())
    shown(session.selectbox("recipe").set_value("quick").run())
    assert session.number_input("quick.epochs").value == 12
    shown(session.selectbox("recipe").set_value("seed").run())
    assert session.number_input("seed.epochs").value == 5


def test_the_recipe_is_the_networks_own_until_another_is_chosen() -> None:
    session = open_page("architecture", network="dilated")
    assert go_to(session, "training").selectbox("recipe").value == "quick"


def test_the_form_comes_from_the_url_and_stays_there() -> None:
    query = {"recipe": "Quick", "quick.epochs": "3", "seed": "5"}
    session = open_page("training", **query)
    assert session.selectbox("recipe").value == "quick"
    assert session.number_input("quick.epochs").value == 3
    assert session.query_params == query
    go_to(go_to(session, "home"), "training")
    assert session.query_params == query


def test_a_run_of_another_program_is_watched(trained: Callable[[str], Run], store: RunStore, idle: None) -> None:
    trained("completed")
    store.start(tiny_config("from the command line"))
    assert says(open_page("training"), "**from the command line**", "-badge[running]")


@pytest.mark.cifar10
def test_with_cifar10_it_is_the_first_choice(store: RunStore, idle: None, own_store: Path) -> None:
    launch(open_page("training"))
    assert store.list_runs()[0].config.dataset == "cifar10"


def test_reload_of_the_page_keeps_the_edited_network_and_augmentation() -> None:
    session = open_page("architecture", network="dilated")
    shown(session.slider("width-C1").set_value(12).run())
    go_to(session, "augmentation")
    shown(session.toggle("assignment.color_jitter").set_value(True).run())
    go_to(session, "training")
    network, augmentation = on_strip(session, "architecture"), on_strip(session, "augmentation")
    assert "edited" in network
    assert "edited" in augmentation
    values = {name: session.query_params[name] for name in ("network", "transforms")}
    link = {name: value if isinstance(value, str) else value[0] for name, value in values.items()}
    reloaded = open_page("training", **link)
    assert (on_strip(reloaded, "architecture"), on_strip(reloaded, "augmentation")) == (network, augmentation)


def test_damaged_link_is_told_in_a_sentence() -> None:
    session = open_page("training", network="seed-model-3~!!!")
    (warning,) = session.warning
    assert as_read(warning.value).startswith("The link to this page is damaged: ")
    assert not session.error
    assert "97,264" in on_strip(session, "architecture")
