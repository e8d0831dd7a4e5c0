"""Launching from the Training page: groups of seeds, launches asked for twice, and what was cloned from what."""

from __future__ import annotations

from statistics import mean, stdev

import pytest

from cifar_core.runs import RunState, RunStore
from tests.pages.helpers import button_keys, launch, on_strip, open_page, says, shown, toasts
from tests.tiny import tiny_config

TWICE = "seed-model-3: it waits or trains already. Another seed or any other change makes another run."


def test_several_seeds_are_one_group_that_differs_in_nothing_else(store: RunStore, idle: None) -> None:
    session = open_page("training")
    session.number_input("recipe.seed").set_value(5)
    shown(session.number_input("seeds").set_value(3).run())
    launch(session)
    runs = store.list_runs()[::-1]
    assert [run.config.training.seed for run in runs] == [5, 6, 7]
    assert len({run.group_id for run in runs}) == 1
    assert runs[0].group_id is not None
    assert {run.config.changed(training=runs[0].config.training.model_dump()) for run in runs} == {runs[0].config}
    assert toasts(session) == ["seed-model-3 is queued with 3 seeds."]
    assert says(session, "3 seeds launched together")
    assert says(session, "Also queued or running", "2")
    assert says(session, "seed-model-3, seed 6 :gray-badge[queued]")


def test_a_single_run_is_no_group(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    assert store.list_runs()[0].group_id is None
    assert not says(session, "launched together")


def test_the_same_launch_twice_makes_one_run_and_says_so(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    launch(session)
    assert store.count_runs() == 1
    assert toasts(session) == [TWICE]
    shown(session.number_input("recipe.seed").set_value(1).run())
    launch(session)
    assert store.count_runs() == 2


def test_two_browsers_make_one_run(store: RunStore, idle: None) -> None:
    one, other = open_page("training"), open_page("training")
    launch(one)
    launch(other)
    (run,) = store.list_runs()
    assert toasts(other) == [TWICE]
    assert says(other, run.id), "it shows the run that waits already"


def test_of_a_group_asked_for_twice_only_the_missing_seeds_are_added(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.number_input("seeds").set_value(2).run())
    launch(session)
    shown(session.number_input("seeds").set_value(3).run())
    launch(session)
    assert toasts(session)[0].startswith("seed-model-3: 2 of 3 wait or train already.")
    assert sorted(run.config.training.seed for run in store.list_runs()) == [0, 1, 2]


def test_what_ended_can_be_launched_again(store: RunStore, idle: None) -> None:
    session = launch(open_page("training"))
    store.request_stop(store.list_runs()[0].id)
    launch(session)
    assert [run.state for run in store.list_runs()] == [RunState.QUEUED, RunState.STOPPED]


def test_a_run_from_a_cloned_form_knows_what_it_was_cloned_from(store: RunStore, idle: None) -> None:
    parent = store.enqueue(tiny_config("parent"))
    store.request_stop(parent.id)
    session = open_page("training")
    shown(session.button(f"clone-{parent.id}").click().run())
    assert says(session, f"Cloned from parent ({parent.id[-6:]})")
    shown(session.number_input("recipe.epochs").set_value(9).run())
    launch(session)
    child = store.list_runs()[0]
    assert (child.parent_id, child.config.training.epochs) == (parent.id, 9)
    assert not says(session, "Cloned from")
    shown(session.number_input("recipe.epochs").set_value(10).run())
    launch(session)
    assert store.list_runs()[0].parent_id is None, "what is launched next stands for itself"


def test_a_parent_can_be_forgotten(store: RunStore, idle: None) -> None:
    parent = store.enqueue(tiny_config("parent"))
    store.request_stop(parent.id)
    session = open_page("training")
    shown(session.button(f"clone-{parent.id}").click().run())
    shown(session.button("forget-parent").click().run())
    assert "forget-parent" not in button_keys(session)
    assert "tiny" in on_strip(session, "architecture"), "what was cloned stays in the form"
    launch(session)
    assert store.list_runs()[0].parent_id is None


@pytest.mark.parametrize("tested", [0, 1, 3])
def test_a_group_tells_mean_and_deviation_once_two_seeds_are_tested(tested: int, store: RunStore, idle: None) -> None:
    configs = [tiny_config(seed=seed) for seed in range(3)]
    runs, accuracies = store.launch(configs).runs, [0.5, 0.6, 0.8][:tested]
    for accuracy in accuracies:
        claim = store.claim_next()
        assert claim is not None
        store.report_end(claim, RunState.COMPLETED)
        store.record_test_accuracy(claim.run_id, accuracy)
    session = open_page("training", run=runs[0].id)
    table = session.dataframe[0].value
    assert list(table["seed"]) == [0, 1, 2]
    assert list(table["state"]) == ["completed"] * tested + ["queued"] * (3 - tested)
    assert [row.endswith(" (shown)") for row in table["run"]] == [True, False, False]
    if tested > 1:
        average, deviation = 100 * mean(accuracies), 100 * stdev(accuracies)
        assert says(session, f"test accuracy {average:.1f} % ± {deviation:.1f} (mean and deviation of 3)")
    else:
        assert not says(session, "mean and deviation")
