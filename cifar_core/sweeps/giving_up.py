"""Ending a sweep that cannot be driven: its study, its search space or its cluster is out of reach."""

from __future__ import annotations

import contextlib

from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.driver import STOPPED_WITH_IT

JOB_GOES_ON = "If its job runs on the cluster, it goes on there."


def give_up(store: RunStore, sweep_id: str, state: SweepState, problem: str) -> None:
    """Ends it in a state, with the runs that it queued: the store knows them by itself.

    Should what was wrong pass, the sweep can be resumed, and goes on with them.

    Args:
        store: where it lies.
        sweep_id: the whole id.
        state: as for `end_sweep`.
        problem: what was wrong, in a sentence.

    Raises:
        SpecError: it was deleted meanwhile.
    """
    for run in store.sweep_runs(sweep_id).values():
        if not run.state.is_over:
            with contextlib.suppress(SpecError):  # it ended in the meantime
                store.request_stop(run.id, STOPPED_WITH_IT)
    is_elsewhere = store.get_sweep(sweep_id).cluster_json is not None
    store.end_sweep(sweep_id, state, f"{problem} {JOB_GOES_ON}" if is_elsewhere else problem)
