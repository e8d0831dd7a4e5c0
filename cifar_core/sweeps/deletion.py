"""Throwing a sweep away."""

from __future__ import annotations

import contextlib

from cifar_core.errors import StoreError
from cifar_core.runs import RunStore
from cifar_core.sweeps.study import FILE, delete_studies


def delete_sweep(store: RunStore, sweep_id: str) -> None:
    """Removes a sweep that is over, and what was sampled for it; its runs stay, as runs of their own.

    What lies in the folder of a cluster stays there.

    Args:
        store: where it lies.
        sweep_id: as for `get_sweep`.

    Raises:
        SpecError: there is no such sweep, or it goes on.
        StoreError: the store cannot be changed.
    """
    # First, and in one step: whoever resumes it meanwhile is refused, or keeps all of it.
    store.delete_sweep(sweep_id)
    path = store.folder / FILE
    if path.exists():
        # All that belong to no sweep: a program that ended at this line leaves its own to the next one.
        with contextlib.suppress(StoreError):  # what cannot be read keeps no sweep
            delete_studies(path, lambda: {sweep.id for sweep in store.list_sweeps()})
