"""Throwing a sweep away."""

from __future__ import annotations

import contextlib

from cifar_core.errors import StoreError
from cifar_core.runs import RunStore
from cifar_core.sweeps.study import FILE, delete_study


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
    sweep, path = store.get_sweep(sweep_id), store.folder / FILE
    # First, and in one step: whoever resumes it meanwhile is refused, or keeps all of it.
    store.delete_sweep(sweep.id)
    if sweep.cluster_json is None and path.exists():
        with contextlib.suppress(StoreError):  # what cannot be read keeps no sweep
            delete_study(path, sweep.id)
