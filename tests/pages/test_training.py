from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cifar_core.architecture import find_preset, with_block_widths
from cifar_core.data import find_augmentation
from cifar_core.errors import StoreError
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.training import find_recipe
from tests.pages.helpers import (
    SECONDS,
    as_read,
    button_keys,
    go_to,
    launch,
    links,
    metric,
    narrowest_link,
    number,
    on_strip,
    open_page,
    says,
    shown,
    toasts,
)


def test_launching_what_a_first_visit_finds(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    (run,) = store.list_runs()
    preset = find_preset("seed-model-3")
    assert run.state == RunState.QUEUED
    assert (run.name, run.config.dataset) == ("seed-model-3", "digits")
    assert run.config.architecture == preset.spec
    assert run.config.augmentation == find_augmentation("seed-model-3").spec
    assert run.config.training == find_recipe("first").spec
    assert says(session, "**seed-model-3** on Handwritten digits", "-badge[queued]", run.id)
    assert toasts(session) == ["seed-model-3 is queued."]


def test_the_form_decides_the_run(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.selectbox("recipe").set_value("quick").run())
    session.number_input("recipe.epochs").set_value(3)
    session.number_input("recipe.batch_size").set_value(32)
    session.number_input("recipe.optimizer.learning_rate").set_value(0.125)
    session.number_input("recipe.seed").set_value(7)
    session.selectbox("recipe.protocol").set_value("seed")
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
    assert run.config.training == find_recipe("first").spec
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
    def full(self: RunStore, configs: object, parent_id: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(RunStore, "launch", full)
    session = launch(open_page("training"))
    assert [error.value for error in session.error] == ["The disk is full."]


def test_a_launched_run_trains_to_its_end(store: RunStore) -> None:
    session = open_page("training", network=narrowest_link("seed-model-3"))
    session.number_input("recipe.epochs").set_value(1)
    session.number_input("recipe.batch_size").set_value(512)
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
    assert not any(key.startswith("stop") for key in button_keys(session))


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
