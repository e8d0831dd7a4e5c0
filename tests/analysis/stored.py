"""Runs with a history that was written by hand, not trained."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.protocol import evaluation_split
from cifar_core.runs import Run, RunConfig, RunState, RunStore
from tests.tiny import some_metrics


def stored_run(
    store: RunStore,
    config: RunConfig,
    accuracies: Sequence[float] = (),
    state: RunState | None = RunState.COMPLETED,
    rates: Sequence[float] = (),
    images: int = 5000,
    clean: float | None = None,
    test: float | None = None,
) -> Run:
    """One epoch for each accuracy, at a constant rate unless told; a state of None leaves it running."""
    split = evaluation_split(config.training.protocol)
    claim = store.start(config)
    store.report_start(claim, "CPU", {"torch": "2.14.1", "threads": "2"})
    for epoch, accuracy in enumerate(accuracies, start=1):
        rate = rates[epoch - 1] if rates else 0.1
        figures = {"eval_accuracy": accuracy, "eval_count": images, "learning_rate": rate, "split": split}
        store.report_epoch(claim, some_metrics(epoch, **figures))
    if clean is not None:
        store.report_clean_accuracy(claim, clean)
    if state is not None:
        store.report_end(claim, state)
    if test is not None:
        store.record_test_accuracy(claim.run_id, test)
    return store.get(claim.run_id)
