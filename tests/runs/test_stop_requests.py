"""A stop that is asked for in the store."""

from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import RunState, RunStore
from tests.tiny import tiny_config

CONFIG = tiny_config()


def test_a_queued_run_is_stopped_at_once_and_not_claimed(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    stopped = store.request_stop(run.id[:-2])
    assert (stopped.state, stopped.finished_at is not None) == (RunState.STOPPED, True)
    assert store.claim_next() is None


def test_a_running_run_is_asked_to_stop_and_may_be_asked_again(store: RunStore) -> None:
    claim = store.start(CONFIG)
    assert not store.stop_requested(claim)
    for _ in range(2):
        assert store.request_stop(claim.run_id).state == RunState.STOPPING
    assert store.stop_requested(claim)


@pytest.mark.parametrize("state", [state for state in RunState if state.is_over])
def test_a_run_that_is_over_cannot_be_stopped(store: RunStore, state: RunState) -> None:
    claim = store.start(CONFIG)
    store.report_end(claim, state)
    with pytest.raises(SpecError, match=rf"is {state}: only a queued or running one can be stopped\.$"):
        store.request_stop(claim.run_id)
    assert store.get(claim.run_id).state == state


def test_an_unknown_run_cannot_be_stopped(store: RunStore) -> None:
    with pytest.raises(SpecError, match="There is no run 'x'"):
        store.request_stop("x")
