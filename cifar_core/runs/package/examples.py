"""The runs that ship with the project, so that a newcomer sees curves, a matrix and mistakes at once."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

from cifar_core.errors import LabError
from cifar_core.runs.adoption import Arrival
from cifar_core.runs.package.layout import SUFFIX
from cifar_core.runs.package.unpack import load_package, staged_arrival
from cifar_core.runs.records import RunOrigin
from cifar_core.runs.store import RunStore
from cifar_core.settings import wants_examples

FOLDER = Path(__file__).parents[1] / "examples"
NOTE = "Shipped with CIFAR Lab as an example."


def import_examples(store: RunStore, folder: Path | None = None) -> bool:
    """Puts the example runs into a store that has no run and never had them.

    It imports no torch: the first page does not wait for it. Safe with several processes at once, one of which does it.
    What is wrong with an example, or with the place that it should get, is told in the program's log alone: the
    dashboard starts without.

    Args:
        store: open.
        folder: with the packages; those of the project unless given.

    Returns:
        Whether this call put any in.

    Raises:
        SpecError: `CIFAR_LAB_EXAMPLES` is neither yes nor no.
    """
    if not wants_examples():
        return False
    try:
        if not store.wants_examples():
            return False
        with ExitStack() as stack:
            paths = sorted((folder or FOLDER).glob(f"*{SUFFIX}"))
            arrivals = [arrival for path in paths for arrival in _staged(stack, store, path)]
            if not (arrivals and store.adopt(arrivals, as_examples=True)):
                return False
        store.measure_sizes([arrival.row.id for arrival in arrivals])
        return True
    except (LabError, OSError) as error:
        logging.getLogger(__name__).warning("The example runs are left out: %s", error)
        return False


def _staged(stack: ExitStack, store: RunStore, path: Path) -> list[Arrival]:
    """The run of a package, on disk until `stack` is closed; nothing of a damaged one."""
    try:
        package = load_package(path)
    except LabError as error:
        logging.getLogger(__name__).warning("%s", error)
        return []
    return [stack.enter_context(staged_arrival(store, package, RunOrigin.EXAMPLE, NOTE))]
