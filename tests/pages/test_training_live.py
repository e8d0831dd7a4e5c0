"""What the Training page shows of runs that wait, train or have ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run, RunFiles, RunProgress, RunState, RunStore
from cifar_core.runs.records import StepPoint
from cifar_core.ui.live_chart import REFRESH_SECONDS
from tests.pages.helpers import button_keys, go_to, launch, links, metric, open_page, says, shown, texts, toasts
from tests.tiny import some_metrics, tiny_config

POINTS = (StepPoint(1, 2.0, 0.25), StepPoint(2, 1.5, 0.5))


def charts(session: AppTest) -> list[str]:
    """What the charts of the live view say they show."""
    return [chart.proto.alt for chart in session.get("vega_lite_chart")]


def pane(session: AppTest, name: str) -> AppTest:
    return shown(session.segmented_control("live.pane").set_value(name).run())


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
    assert metric(session, "Best validation @ epoch") == "50.0 % @ 1"
    assert metric(session, "Test accuracy") == "-"
    assert "Accuracy and loss by epoch" in charts(session)


def test_how_a_run_ended_is_told(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("bad"))
    store.report_end(claim, RunState.DIVERGED, "The loss became infinite in epoch 1.")
    session = open_page("training")
    assert says(session, "**bad**", "-badge[diverged]")
    assert [error.value for error in session.error] == ["The loss became infinite in epoch 1."]
    assert not links(session)


# What is told when a run ends


@pytest.mark.parametrize("waits", [True, False])
def test_the_end_of_a_run_that_was_seen_waiting_or_training_is_told_once(
    waits: bool, store: RunStore, idle: None
) -> None:
    if waits:
        run_id = store.enqueue(tiny_config("mine")).id
        session = open_page("training")
        claim = store.claim_next()
        assert claim is not None
    else:
        claim = store.start(tiny_config("mine"))
        run_id = claim.run_id
        session = open_page("training")
    assert not toasts(session)
    store.report_end(claim, RunState.COMPLETED)
    store.record_test_accuracy(run_id, 0.625)
    assert toasts(shown(session.run())) == [f"mine ({run_id[-6:]}) is completed: test accuracy 62.5 %."]
    assert not toasts(shown(session.run()))


def test_it_is_told_on_coming_back_from_another_page(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("mine"))
    session = go_to(open_page("training"), "home")
    store.report_end(claim, RunState.FAILED, "The disk is full.")
    assert toasts(go_to(session, "training")) == [f"mine ({claim.run_id[-6:]}) is failed."]


def test_what_ended_before_this_person_came_is_no_news(trained: Callable[[str], Run], idle: None) -> None:
    trained("completed")
    session = open_page("training")
    assert not toasts(session)
    assert not toasts(shown(session.run()))


# Which run is watched


def watched_name(session: AppTest) -> str:
    (heading,) = (text for text in texts(session) if "** on Handwritten digits" in text)
    return heading.split("**")[1]


def test_a_run_of_another_program_is_watched(trained: Callable[[str], Run], store: RunStore, idle: None) -> None:
    trained("completed")
    store.start(tiny_config("from the command line"))
    assert says(open_page("training"), "**from the command line**", "-badge[running]")


def test_the_newest_run_is_watched_where_none_waits(trained: Callable[[str], Run], idle: None) -> None:
    trained("completed")
    assert watched_name(open_page("training")) == "steady"


def test_a_link_names_the_run_until_another_is_launched(
    trained: Callable[[str], Run], store: RunStore, idle: None
) -> None:
    run = trained("stopped")
    store.start(tiny_config("busy"))
    session = open_page("training", run=run.id)
    assert watched_name(session) == "halted"
    assert says(session, "Also queued or running", "1")
    launch(session)
    assert watched_name(session) == "busy", "what trains comes first"
    assert "run" not in session.query_params


def test_a_launched_run_is_watched_after_its_end(trained: Callable[[str], Run], store: RunStore, idle: None) -> None:
    trained("completed")
    session = launch(open_page("training"))
    mine = store.list_runs()[0]
    store.enqueue(tiny_config("another one"))
    store.request_stop(mine.id)
    assert watched_name(shown(session.run())) == "seed-model-3"


def test_a_link_to_no_run_is_told_and_the_page_goes_on(store: RunStore, idle: None) -> None:
    store.start(tiny_config("busy"))
    session = open_page("training", run="nonsense")
    (warning,) = session.warning
    assert warning.value.startswith("There is no run 'nonsense'")
    assert watched_name(session) == "busy"


# The queue


def test_waiting_runs_are_listed_and_can_be_stopped(store: RunStore, idle: None) -> None:
    session = open_page("training")
    for name in ("first", "second"):
        session.text_input("run-name").set_value(name)
        launch(session)
    second, first = store.list_runs()
    assert watched_name(session) == "second", "the run launched last is watched"
    assert says(session, "Also queued or running")
    assert says(session, "first :gray-badge[queued]")
    shown(session.button(f"stop-{first.id}").click().run())
    assert [store.get(run.id).state for run in (first, second)] == [RunState.STOPPED, RunState.QUEUED]


def test_of_a_long_queue_the_next_ones_are_listed_and_the_rest_is_a_number(store: RunStore, idle: None) -> None:
    busy = store.start(tiny_config("busy")).run_id
    runs = [store.enqueue(tiny_config(f"number {at}", seed=at)) for at in range(200)]
    session = open_page("training")
    assert watched_name(session) == "busy"
    assert says(session, "Also queued or running", "200")
    stops = {key.removeprefix("stop-") for key in button_keys(session) if key.startswith("stop-")}
    assert stops == {busy, *(run.id for run in runs[:8])}, "those that have waited longest come next"
    assert says(session, "and 192 more.")


# The panes of a run


def test_the_running_epoch_is_drawn_by_batch(store: RunStore, idle: None) -> None:
    claim = store.start(tiny_config("long"))
    session = open_page("training")
    assert says(session, "While an epoch runs, its loss and accuracy by batch stand here.")
    store.report_progress(claim, RunProgress("training", epoch=1, batch=2, batches=4, points=POINTS))
    assert "Loss and accuracy by batch of the running epoch" in charts(shown(session.run()))


def test_rate_and_speed_are_drawn(store: RunStore, idle: None) -> None:
    store.start(tiny_config("long"))
    session = pane(open_page("training"), "Rate and speed")
    assert "Learning rate and images per second by epoch" in charts(session)


def test_the_last_lines_of_the_log_are_shown(trained: Callable[[str], Run], store: RunStore, idle: None) -> None:
    run = trained("completed")
    session = pane(open_page("training", run=run.id), "Log")
    lines = RunFiles(store.run_folder(run.id)).log_tail()
    assert lines
    assert [block.value for block in session.code] == ["\n".join(lines)]


def test_a_log_that_has_not_begun_is_announced(store: RunStore, idle: None) -> None:
    store.start(tiny_config())
    assert says(pane(open_page("training"), "Log"), "The log begins with the first whole epoch.")


def test_what_the_network_sees_is_shown_after_the_first_epoch(
    trained: Callable[[str], Run], store: RunStore, idle: None
) -> None:
    run = trained("completed")
    session = pane(open_page("training", run=run.id), "What it sees")
    assert says(session, "After epoch **1**", "of 12 validation images right")
    assert {"The watched images, each with its true class and the three likeliest classes in percent"} < set(
        charts(session)
    )
    store.start(tiny_config("new"))
    session = pane(open_page("training"), "What it sees")
    assert says(session, "After the first epoch, a dozen fixed images show here")


# Refreshing


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.STOPPING])
def test_the_page_is_refreshed_while_something_waits_or_trains(
    state: RunState, store: RunStore, idle: None, refreshed: dict[str, float | None]
) -> None:
    run_id = store.enqueue(tiny_config()).id if state == RunState.QUEUED else store.start(tiny_config()).run_id
    if state == RunState.STOPPING:
        store.request_stop(run_id)
    open_page("training")
    assert refreshed == {"live_view": REFRESH_SECONDS, "range_view": None}


def test_the_refresh_ends_with_the_last_run(store: RunStore, idle: None, refreshed: dict[str, float | None]) -> None:
    claim = store.start(tiny_config())
    session = open_page("training")
    store.report_end(claim, RunState.COMPLETED)
    shown(session.run())
    assert refreshed["live_view"] is None
