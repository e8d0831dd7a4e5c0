"""What is reported of a run comes back, and every change of its state is kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from cifar_core.runs import RunProgress, RunState, RunStore
from tests.tiny import some_metrics, tiny_config

CONFIG = tiny_config()


def test_an_accuracy_ends_with_the_weights_that_it_stood_for(store: RunStore) -> None:
    claim = store.start(CONFIG)
    store.report_epoch(claim, some_metrics(1, eval_accuracy=0.5))
    store.report_clean_accuracy(claim, 0.6)
    store.record_test_accuracy(claim.run_id, 0.4)
    store.report_epoch(claim, some_metrics(2, eval_accuracy=0.25))
    run = store.get(claim.run_id)
    assert (run.chosen_epoch, run.test_accuracy, run.clean_train_accuracy) == (1, 0.4, 0.6), "still the best"
    store.report_epoch(claim, some_metrics(3, eval_accuracy=0.75))
    run = store.get(claim.run_id)
    assert (run.chosen_epoch, run.test_accuracy, run.clean_train_accuracy) == (3, None, None)


def test_epochs_come_back_as_they_were_reported(store: RunStore) -> None:
    claim, other = store.start(CONFIG), store.start(CONFIG)
    reported = [some_metrics(epoch, eval_accuracy=epoch / 10, split="test") for epoch in (1, 2, 3)]
    for metrics in reported:
        store.report_epoch(claim, metrics)
    store.report_epoch(other, some_metrics(1))
    assert store.epochs(claim.run_id) == reported
    assert store.epochs(other.run_id) == [some_metrics(1)]
    assert store.epochs("nobody") == []


def test_best_and_last_follow_the_epochs_and_the_first_of_equals_is_best(store: RunStore) -> None:
    claim = store.start(CONFIG)
    figures = []
    for epoch, accuracy in enumerate([0.0, 0.5, 0.25, 0.5, 0.75, 0.5], start=1):
        store.report_epoch(claim, some_metrics(epoch, eval_accuracy=accuracy))
        run = store.get(claim.run_id)
        figures.append((run.epochs_done, run.best_epoch, run.best_accuracy, run.last_accuracy))
    assert figures == [
        (1, 1, 0.0, 0.0),
        (2, 2, 0.5, 0.5),
        (3, 2, 0.5, 0.25),
        (4, 2, 0.5, 0.5),
        (5, 5, 0.75, 0.75),
        (6, 5, 0.75, 0.5),
    ]


def test_progress_and_figures_come_back_and_the_end_clears_the_progress(store: RunStore) -> None:
    claim = store.start(CONFIG)
    progress = RunProgress("training", epoch=1, batch=2, batches=4, loss=1.5, accuracy=0.25, images_per_second=99.5)
    store.report_start(claim, "CPU", {"python": "3"})
    store.report_progress(claim, progress)
    store.report_clean_accuracy(claim, 0.875)
    store.record_test_accuracy(claim.run_id, 0.625)
    run = store.get(claim.run_id)
    assert (run.device, run.environment, run.progress) == ("CPU", {"python": "3"}, progress)
    assert (run.clean_train_accuracy, run.test_accuracy, run.finished_at) == (0.875, 0.625, None)
    store.report_end(claim, RunState.FAILED, "It broke.")
    ended = store.get(claim.run_id)
    assert (ended.state, ended.error, ended.progress) == (RunState.FAILED, "It broke.", None)


def test_every_change_of_state_is_an_event(store: RunStore) -> None:
    run = store.enqueue(CONFIG)
    claim = store.claim_next()
    assert claim is not None
    store.request_stop(run.id)
    store.report_end(claim, RunState.STOPPED)
    with closing(sqlite3.connect(store.folder / "runs.db")) as connection:
        rows = connection.execute("SELECT state FROM event WHERE run_id = ? ORDER BY id", [run.id])
        states = [row[0] for row in rows]
    assert states == ["queued", "running", "stopping", "stopped"]
