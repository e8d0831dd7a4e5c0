"""A network that is trained anew on all images, from the button to every page that shows it."""

from __future__ import annotations

import pytest

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.refit import CHOSEN_BY_NONE, LIMITS_LEFT_OUT
from cifar_core.words import percent
from tests.pages.helpers import button_keys, launch, metric, open_page, says, shown, toasts
from tests.tiny import tiny_config, train_into


@pytest.fixture
def refit(store: RunStore) -> Run:
    return train_into(store, tiny_config("on all", protocol="refit", limit_test=None))


def test_its_button_lays_the_settings_into_the_form(store: RunStore, idle: None) -> None:
    run = train_into(store, tiny_config("steady", validation_images=20, seed=3))
    session = open_page("training")
    shown(session.button(f"refit-{run.id}").click().run())
    assert toasts(session) == ["The form holds a refit of steady: launch it."]
    assert says(session, LIMITS_LEFT_OUT)
    assert not session.error
    assert not says(session, CHOSEN_BY_NONE)
    launch(session)
    child = store.list_runs()[0]
    training = run.config.training.changed(protocol="refit", validation_images=None, limit_train=None, limit_test=None)
    assert child.config == run.config.changed(name="steady refit", training=training.model_dump())
    assert child.parent_id == run.id


def test_one_that_is_set_up_by_hand_says_that_no_run_chose(store: RunStore, idle: None) -> None:
    session = open_page("training", dataset="digits")
    assert not says(session, CHOSEN_BY_NONE)
    shown(session.selectbox("recipe.protocol").set_value("refit").run())
    assert says(session, CHOSEN_BY_NONE)
    assert not session.button("launch").disabled


def test_a_changed_setting_makes_it_a_refit_no_more(store: RunStore, idle: None) -> None:
    run = train_into(store, tiny_config("steady", validation_images=20))
    session = open_page("training")
    shown(session.button(f"refit-{run.id}").click().run())
    assert says(session, "A refit of steady", "its settings, all images.")
    shown(session.number_input("recipe.epochs").set_value(7).run())
    assert not says(session, "A refit of steady")
    assert says(session, "Cloned from steady")
    assert says(session, CHOSEN_BY_NONE)


def test_a_clone_of_what_chose_nothing_is_no_refit_of_it(store: RunStore, idle: None) -> None:
    run = train_into(store, tiny_config("by the seed", protocol="seed"))
    session = open_page("training")
    shown(session.button(f"clone-{run.id}").click().run())
    shown(session.selectbox("recipe.protocol").set_value("refit").run())
    assert says(session, CHOSEN_BY_NONE)


@pytest.mark.parametrize("protocol", ["seed", "refit"])
def test_what_held_nothing_out_is_not_offered_one(protocol: str, store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config(protocol=protocol))
    store.report_end(claim, RunState.COMPLETED)
    keys = button_keys(open_page("training"))
    assert f"clone-{claim.run_id}" in keys
    assert f"refit-{claim.run_id}" not in keys


def test_training_shows_no_best_epoch_of_it(refit: Run) -> None:
    session = open_page("training")
    assert not any(each.label.startswith("Best") for each in session.metric)
    assert metric(session, "Test accuracy") == percent(refit.test_accuracy)
    assert metric(session, "Training (clean)") == percent(refit.clean_train_accuracy)


def test_mistakes_shows_its_test_images_alone(refit: Run) -> None:
    session = open_page("mistakes", run=refit.id)
    assert says(session, "a refit holds no validation images out")
    assert says(session, "test images are right", "refit, last epoch")


@pytest.mark.parametrize("pane", ["Curves", "Rules", "Analysis", "Report", "Take away"])
def test_every_pane_of_runs_opens(pane: str, refit: Run) -> None:
    session = open_page("runs", run=refit.id)
    shown(session.segmented_control("runs-pane").set_value(pane).run())
    assert not session.error
    if pane == "Curves":
        assert says(session, "Full lines: clean training images")
    if pane == "Analysis":
        assert says(session, "clean training images and", "of test images are right")
