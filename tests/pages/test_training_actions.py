"""Stop, resume and clone, on the Training page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from cifar_core.architecture import find_preset
from cifar_core.runs import Run, RunConfig, RunState, RunStore
from cifar_core.words import plain
from tests.pages.helpers import button_keys, launch, on_strip, open_page, says, shown, toasts
from tests.tiny import some_metrics, tiny_architecture, tiny_config, tiny_training


def stop_button(session: AppTest) -> Button:
    """The one of the run that is being watched."""
    return next(button for button in session.button if (button.key or "").startswith("stop-"))


def stops(session: AppTest) -> bool:
    return any(key.startswith("stop-") for key in button_keys(session))


def test_stop_ends_a_queued_run_at_once(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    shown(stop_button(session).click().run())
    (run,) = store.list_runs()
    assert run.state == RunState.STOPPED
    assert says(session, "-badge[stopped]")
    assert not stops(session)
    assert toasts(session) == [f"seed-model-3 ({run.id[-6:]}) is stopped."]


def test_stop_asks_a_running_run_to_end(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("long", epochs=100))
    session = open_page("training")
    assert says(session, "**long** on Handwritten digits", "-badge[running]")
    shown(stop_button(session).click().run())
    assert store.get(claim.run_id).state == RunState.STOPPING
    assert says(session, "-badge[stopping]")
    assert stop_button(session).disabled
    assert toasts(session) == [f"long ({claim.run_id[-6:]}) is stopping."]


def test_stop_that_comes_too_late_says_so(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("short"))
    session = open_page("training")
    store.report_end(claim, RunState.COMPLETED)
    shown(stop_button(session).click().run())
    assert f"Run {claim.run_id} is completed: only a queued or running one can be stopped." in toasts(session)
    assert says(session, "-badge[completed]")


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED])
def test_what_ended_early_goes_on_after_its_last_epoch(state: RunState, store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("halted", epochs=9))
    store.report_epoch(claim, some_metrics(1))
    store.report_end(claim, state)
    session = open_page("training")
    shown(session.button(f"resume-{claim.run_id}").click().run())
    run = store.get(claim.run_id)
    assert (run.state, run.epochs_done) == (RunState.QUEUED, 1)
    assert toasts(session) == ["halted goes on after epoch 1."]
    assert says(session, "-badge[queued]")
    assert f"resume-{claim.run_id}" not in button_keys(session)


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.DIVERGED])
def test_what_cannot_go_on_is_not_offered_to(state: RunState, store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config())
    store.report_end(claim, state)
    keys = button_keys(open_page("training"))
    assert f"clone-{claim.run_id}" in keys
    assert f"resume-{claim.run_id}" not in keys
    assert f"stop-{claim.run_id}" not in keys


def test_resume_that_comes_too_late_says_so(trained: Callable[[str], Run], store: RunStore, idle: None) -> None:
    run = trained("stopped")
    session = open_page("training", run=run.id)
    store.resume(run.id)
    shown(session.button(f"resume-{run.id}").click().run())
    (told,) = toasts(session)
    assert told.startswith(f"Run {run.id} is queued: only a stopped, failed or interrupted run can be resumed.")


def ended(store: RunStore, config: RunConfig) -> Run:
    run = store.enqueue(config)
    return store.request_stop(run.id)


PRESET = find_preset("dilated").spec.model_dump()
CLONED = {
    "a network that is known nowhere": tiny_config("mine"),
    "a preset's own network": tiny_config("preset").changed(architecture=PRESET),
    "an edited preset": tiny_config("edited").changed(
        architecture={**tiny_architecture().model_dump(), "name": "dilated"}
    ),
    "a recipe": tiny_config("quick", recipe="quick", seed=3),
    "a recipe of another version": tiny_config("old", recipe="recipe of old"),
    "signs of Markdown": tiny_config("**a** [b](c) $d$"),
}


@pytest.mark.parametrize("config", CLONED.values(), ids=CLONED.keys())
def test_clone_lays_the_whole_configuration_into_the_form(config: RunConfig, store: RunStore, idle: None) -> None:
    run = ended(store, config)
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    assert toasts(session) == [f"The form holds the settings of {config.name}."]
    assert not session.error
    launch(session)
    child = store.list_runs()[0]
    assert child.id != run.id
    assert (child.config, child.parent_id) == (config, run.id)


def test_clone_of_a_run_on_a_device_that_is_not_here_says_so(store: RunStore, idle: None) -> None:
    run = ended(store, tiny_config("far away", device="cuda"))
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    assert [error.value for error in session.error] == [
        plain('device is "cuda", but there is no GPU here: use "cpu" or "auto".')
    ]
    assert session.button("launch").disabled
    shown(session.selectbox("recipe.device").set_value("cpu").run())
    assert not session.error
    assert not session.button("launch").disabled


def test_one_click_makes_a_run_of_another_machine_fit_this_one(
    store: RunStore, idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.training.precision.cpu_precisions", lambda: ("float32",))
    run = ended(store, tiny_config("far away", device="cuda", precision="bfloat16", execution="compiled"))
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    assert says(session, "there is no GPU here")
    shown(session.button("remedy").click().run())
    assert not session.error
    assert "remedy" not in button_keys(session)
    launch(session)
    training = store.list_runs()[0].config.training
    assert (training.device, training.precision, training.execution) == ("auto", "float32", "eager")
    assert training.changed(device="cuda", precision="bfloat16", execution="compiled") == run.config.training


def test_clone_of_a_run_on_images_that_are_not_here_shows_what_is_missing(store: RunStore, idle: None) -> None:
    run = ended(store, tiny_config("coloured", dataset="cifar10"))
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    assert session.selectbox("dataset").value == "cifar10"
    launch(session)
    assert session.error[0].value.startswith("CIFAR-10 is not in ")
    assert store.count_runs() == 1


def test_clone_of_a_run_with_a_saved_network_names_it(store: RunStore, idle: None) -> None:
    saved = store.architectures.save("my own", tiny_architecture()).spec
    config = tiny_config("of mine").changed(architecture=saved.model_dump())
    run = ended(store, config)
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    assert "**my own**," in on_strip(session, "architecture")
    launch(session)
    assert store.list_runs()[0].config == config


def test_clone_replaces_what_lay_in_the_form(store: RunStore, idle: None) -> None:
    config = tiny_config("mine", recipe="first")
    run = ended(store, config)
    session = open_page("training")
    session.text_input("run-name").set_value("another")
    shown(session.number_input("recipe.batch_size").set_value(100).run())
    shown(session.button(f"clone-{run.id}").click().run())
    assert session.text_input("run-name").value == "mine"
    assert session.number_input("recipe.batch_size").value == tiny_training().batch_size
    launch(session)
    assert store.list_runs()[0].config == config
