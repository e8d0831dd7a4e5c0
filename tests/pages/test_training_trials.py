"""What the Training page tries out before a run is launched: how long it takes, and which learning rates it bears."""

from __future__ import annotations

import time
from dataclasses import asdict

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import find_preset
from cifar_core.data import find_augmentation
from cifar_core.runs import RunConfig, RunState, RunStore, training_jobs
from cifar_core.runs.trials import RangeResult, SpeedResult, Trial, TrialDesk
from cifar_core.training import find_recipe
from cifar_core.ui.training import estimate_view, range_view
from cifar_core.ui.workbench_link import architecture_link
from tests.pages.helpers import SECONDS, as_read, button_keys, launch, on_strip, open_page, says, shown
from tests.tiny import some_metrics, tiny_architecture, tiny_config

FIRST_VISIT = RunConfig(
    name="any",
    dataset="digits",
    architecture=find_preset("seed-model-3").spec,
    augmentation=find_augmentation("seed-model-3").spec,
    training=find_recipe("first").spec,
)
"""What the form holds for who has changed nothing."""
SPEED, RANGE = Trial("speed", FIRST_VISIT).key, Trial("range", FIRST_VISIT).key
ANNOUNCED = "A few batches will be timed"
CURVE = RangeResult((0.001, 0.01, 0.1), (2.3, 2.0, 1.5), 0.0123456)


def desk(store: RunStore) -> TrialDesk:
    """Where the pages of this process ask for trials."""
    return training_jobs(store).trials


def curves(session: AppTest) -> int:
    alts = [chart.proto.alt for chart in session.get("plotly_chart")]
    return alts.count("Smoothed loss over a learning rate that grows from batch to batch")


# How long a run takes


def test_the_time_is_known_from_a_run_of_the_same_work(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    desk(store).withdraw("speed")
    claim = store.claim_next()
    assert claim is not None
    store.report_start(claim, "CPU of a laptop", {})
    store.report_epoch(claim, some_metrics(1, seconds=20.0))
    shown(session.run())
    assert says(session, "About **2 m 40 s**, as measured on CPU of a laptop on ")
    shown(session.number_input("seeds").set_value(3).run())
    assert says(session, "About **8 m 00 s** for 3 seeds, one after the other")
    assert not desk(store).is_wanted(SPEED)


def test_what_nobody_measured_is_tried_by_itself(store: RunStore, refreshed: dict[str, float | None]) -> None:
    session = open_page("training")
    assert says(session, ANNOUNCED)
    assert desk(store).is_wanted(SPEED)
    assert refreshed["estimate_view"] == estimate_view.REFRESH_SECONDS
    desk(store).begin(Trial("speed", FIRST_VISIT))
    assert says(shown(session.run()), "Timing a few batches on ")
    store.trials.put(SPEED, asdict(SpeedResult(0.5, 0.001, "a small machine")))
    refreshed.clear()
    shown(session.run())
    assert says(session, "About **", "as measured on a small machine on ")
    assert "estimate_view" not in refreshed, "what is known does not change by itself"


def test_a_trial_can_be_cancelled_and_asked_for_again(store: RunStore) -> None:
    session = open_page("training")
    shown(session.button("cancel-measure").click().run())
    assert not desk(store).is_wanted(SPEED)
    assert says(session, "How long it takes was not measured.")
    shown(session.button("measure").click().run())
    assert desk(store).is_wanted(SPEED)
    assert says(session, ANNOUNCED)


def test_another_network_is_tried_though_one_was_cancelled(store: RunStore) -> None:
    session = open_page("training")
    shown(session.button("cancel-measure").click().run())
    shown(session.selectbox("choose-architecture").set_value("dilated").run())
    assert says(session, ANNOUNCED)
    assert not desk(store).is_wanted(SPEED)


def test_a_trial_that_came_to_nothing_is_offered_and_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(TrialDesk, "ask", lambda desk, trial: asked.append(trial.key))
    session = open_page("training")
    assert says(session, "How long it takes was not measured.")
    shown(session.run())
    assert asked == [SPEED]


def test_nothing_is_tried_without_the_images(store: RunStore) -> None:
    session = open_page("training")
    desk(store).withdraw("speed")
    shown(session.selectbox("dataset").set_value("cifar10").run())
    assert says(session, "can be measured once the images are here")
    assert desk(store).next() is None


def test_nothing_is_tried_while_something_waits_or_trains(store: RunStore, idle: None) -> None:
    store.start(tiny_config())
    assert says(open_page("training"), "will be measured when nothing else waits or trains")
    assert not desk(store).is_wanted(SPEED)


def test_why_it_could_not_be_measured_is_told(store: RunStore) -> None:
    session = open_page("training")
    desk(store).end(Trial("speed", FIRST_VISIT), keep_wish=False, problem="Memory ran out: try a batch size of 32.")
    shown(session.run())
    assert [as_read(each.value) for each in session.warning] == ["Memory ran out: try a batch size of 32."]
    assert not desk(store).is_wanted(SPEED), "it is not tried again and again"
    shown(session.button("measure").click().run())
    assert desk(store).is_wanted(SPEED)
    assert not session.warning


# Which learning rates a network bears


def test_a_range_test_is_asked_for_and_can_be_cancelled(store: RunStore, refreshed: dict[str, float | None]) -> None:
    session = open_page("training")
    assert refreshed["range_view"] is None
    shown(session.button("range-test").click().run())
    assert desk(store).is_wanted(RANGE)
    assert session.button("range-test").disabled
    assert refreshed["range_view"] == range_view.REFRESH_SECONDS
    assert says(session, "It begins when nothing else waits or trains.")
    shown(session.button("cancel-range").click().run())
    assert not desk(store).is_wanted(RANGE)
    assert not session.button("range-test").disabled
    assert refreshed["range_view"] is None


def test_a_range_test_is_drawn_as_it_goes_on(store: RunStore) -> None:
    session = open_page("training")
    shown(session.button("range-test").click().run())
    desk(store).begin(Trial("range", FIRST_VISIT))
    half = RangeResult((0.001, 0.002), (2.3, 2.2), None)
    store.trials.put(Trial("range", FIRST_VISIT).progress_key, asdict(half))
    shown(session.run())
    assert curves(session) == 1
    assert not says(session, "It begins when")
    assert not says(session, "uggested")


def test_the_suggested_rate_can_be_used(store: RunStore) -> None:
    store.trials.put(RANGE, asdict(CURVE))
    session = open_page("training")
    assert says(session, "Suggested: **0.012**", "measured on ")
    shown(session.button("use-rate").click().run())
    assert session.number_input("recipe.optimizer.learning_rate").value == 0.012
    assert "edited" in on_strip(session, "recipe")
    assert curves(session) == 1, "the curve holds for every highest rate"
    shown(session.number_input("recipe.batch_size").set_value(32).run())
    assert curves(session) == 0, "and for no other batch size"


def test_a_curve_that_falls_nowhere_suggests_nothing(store: RunStore) -> None:
    store.trials.put(RANGE, asdict(RangeResult(CURVE.rates, (2.3, 2.3, 9.0), None)))
    session = open_page("training")
    assert says(session, "The loss does not fall anywhere: nothing can be suggested.")
    assert "use-rate" not in button_keys(session)


def test_why_a_range_test_failed_is_told(store: RunStore) -> None:
    session = open_page("training")
    desk(store).end(Trial("range", FIRST_VISIT), keep_wish=False, problem="Memory ran out.")
    shown(session.run())
    assert [warning.value for warning in session.warning] == ["Memory ran out."]
    assert curves(session) == 0
    assert not session.button("range-test").disabled, "it can be tried again"


# Both for real


def wait_until(session: AppTest, *words: str) -> None:
    """Looks at the page until one of these is said."""
    deadline = time.monotonic() + SECONDS
    while not any(says(session, word) for word in words):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        shown(session.run())


@pytest.mark.slow
@pytest.mark.trials
def test_both_trials_are_carried_out_behind_the_page(store: RunStore) -> None:
    session = open_page("training", network=architecture_link(find_preset("seed-model-1"), tiny_architecture()))
    wait_until(session, "as measured on CPU")
    shown(session.button("range-test").click().run())
    wait_until(session, "Suggested: ", "The loss does not fall anywhere")
    assert curves(session) == 1
    assert not session.warning
    assert not session.error
    shown(session.number_input("recipe.epochs").set_value(1).run())
    launch(session)
    run_id = store.list_runs()[0].id
    deadline = time.monotonic() + SECONDS
    while not store.get(run_id).state.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert store.get(run_id).state == RunState.COMPLETED
