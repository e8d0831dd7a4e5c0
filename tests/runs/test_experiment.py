from __future__ import annotations

import errno
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score

from cifar_core.architecture.build import build_network
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import CutMix, MixUp, RandomCrop
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import Run, RunConfig, RunFiles, RunState, RunStore, experiment
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.runs.refit import refit_config
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import Sgd
from cifar_core.training.batches import Normalize
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.loop import DivergedError
from cifar_core.training.metrics import EpochMetrics, StepProgress
from tests.tiny import tiny_config

LOG_EPOCH = re.compile(
    r"Epoch (\d+)\n"
    r"Train loss=\d+\.\d{4} batch_id=3 Accuracy=\d+\.\d{2}\n"
    r"(Validation|Test) set: Average loss: (\d+\.\d{4}), Accuracy: (\d+)/64 \(\d+\.\d{2}%\)\n\n"
)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries to tell the store something."""
    monkeypatch.setattr(experiment, "PAUSES", (0.0, 0.0, 0.0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


def executed(store: RunStore, config: RunConfig, listener: RunListener | None = None) -> Run:
    return execute_run(store, store.start(config), listener)


def files_of(store: RunStore, run: Run) -> RunFiles:
    return RunFiles(store.run_folder(run.id))


def timeless(metrics: list[EpochMetrics]) -> list[EpochMetrics]:
    """What of the epochs does not depend on how busy the machine was."""
    return [replace(epoch, seconds=0.0, images_per_second=0.0) for epoch in metrics]


def by_hand_accuracy(config: RunConfig, path: Path, part: str) -> float:
    """Accuracy of a checkpoint, worked out with torch and scikit-learn alone."""
    data = load_run_data(config)
    network = build_network(config.architecture)
    network.load_state_dict(torch.load(path, weights_only=True)["network"])
    labelled = getattr(data.splits, part)
    normalize = Normalize(data.dataset.mean, data.dataset.std, torch.device("cpu"))
    with torch.no_grad():
        logits = network.eval()(normalize(torch.from_numpy(labelled.images)))
    return float(accuracy_score(labelled.targets, logits.argmax(dim=1).numpy()))


def test_a_run_is_completed_with_everything_that_the_pages_read(store: RunStore) -> None:
    config = tiny_config(epochs=6)
    heard: list[EpochMetrics] = []
    run = executed(store, config, RunListener(on_epoch=heard.append))
    files, epochs = files_of(store, run), store.epochs(run.id)

    assert (run.state, run.error, run.progress, run.epochs_done) == (RunState.COMPLETED, None, None, 6)
    assert [metrics.epoch for metrics in epochs] == [1, 2, 3, 4, 5, 6]
    assert heard == epochs
    assert {metrics.split for metrics in epochs} == {"validation"}
    best = max(epochs, key=lambda metrics: metrics.eval_accuracy)
    assert (run.best_epoch, run.best_accuracy) == (best.epoch, best.eval_accuracy)
    assert run.last_accuracy == epochs[-1].eval_accuracy
    assert run.device is not None
    assert run.device.startswith("CPU (")
    assert run.environment["torch"] == torch.__version__

    assert load_checkpoint(files.checkpoint("last")).epoch == 6
    assert load_checkpoint(files.checkpoint("best")).epoch == run.best_epoch
    chosen = files.checkpoint("best")
    assert run.test_accuracy == by_hand_accuracy(config, chosen, "test")
    assert run.best_accuracy == by_hand_accuracy(config, chosen, "validation")
    assert run.clean_train_accuracy == pytest.approx(by_hand_accuracy(config, chosen, "train"))
    assert RunConfig.parse((files.folder / "config.json").read_text()) == config
    assert sorted(path.name for path in files.folder.rglob("*") if path.is_file()) == [
        "best.pt",
        "config.json",
        "last.pt",
        "predictions-test.npz",
        "predictions-validation.npz",
        "previous.pt",
        "train.log",
    ]


@pytest.mark.parametrize("engine", ["albumentations", "batched"])
def test_a_network_learns_digits_from_mixed_batches(store: RunStore, engine: str) -> None:
    augmentation = AugmentationSpec(transforms=(RandomCrop(),), batch=(MixUp(), CutMix()))
    mixed = tiny_config(
        augmentation=augmentation, augmentation_engine=engine, epochs=6, batch_size=32, limit_train=1000
    )
    run = executed(store, mixed)
    assert run.state == RunState.COMPLETED
    assert run.test_accuracy == by_hand_accuracy(run.config, files_of(store, run).checkpoint("best"), "test")
    assert run.test_accuracy > 0.7
    # What is asked of a mixed image is harder than what is asked of a whole one.
    assert run.clean_train_accuracy is not None
    assert run.clean_train_accuracy > store.epochs(run.id)[-1].train_accuracy


def test_predictions_tell_of_the_images_that_their_index_names(store: RunStore) -> None:
    run = executed(store, tiny_config())
    dataset = load_run_data(run.config).dataset
    everything = load_digits().target
    for split, source, accuracy in (
        ("validation", dataset.train, run.best_accuracy),
        ("test", dataset.test, run.test_accuracy),
    ):
        predictions = files_of(store, run).load_predictions("test" if split == "test" else "validation")
        assert predictions is not None
        assert predictions.epoch == run.best_epoch
        np.testing.assert_array_equal(predictions.targets, source.targets[predictions.index])
        assert set(predictions.targets) <= set(everything)
        np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, rtol=1e-5)
        assert predictions.probabilities.dtype == np.float32
        by_sklearn = accuracy_score(predictions.targets, predictions.probabilities.argmax(axis=1))
        assert predictions.accuracy == by_sklearn == accuracy


def test_the_log_has_the_seed_s_form(store: RunStore) -> None:
    run = executed(store, tiny_config(epochs=3))
    log = (files_of(store, run).folder / "train.log").read_text()
    epochs = LOG_EPOCH.findall(log)
    assert [(int(epoch), split) for epoch, split, *_ in epochs] == [(number, "Validation") for number in (1, 2, 3)]
    stored = store.epochs(run.id)
    assert [float(loss) for *_, loss, _ in epochs] == pytest.approx([e.eval_loss for e in stored], abs=1e-4)
    assert [int(correct) for *_, correct in epochs] == [e.eval_correct for e in stored]
    assert re.fullmatch(
        rf"Clean training accuracy: \d+\.\d\d% \(256 images\)\n"
        rf"Test accuracy: \d+\.\d\d% \(64 images, weights of epoch {run.best_epoch}\)\n",
        LOG_EPOCH.sub("", log),
    )


def test_the_seed_s_protocol_reads_the_test_set_every_epoch(store: RunStore) -> None:
    run = executed(store, tiny_config(epochs=5, protocol="seed", optimizer=Sgd(learning_rate=0.4)))
    epochs, files = store.epochs(run.id), files_of(store, run)
    assert run.state == RunState.COMPLETED
    assert {metrics.split for metrics in epochs} == {"test"}
    # The last epoch's, as in the seed, not the best one's.
    assert run.test_accuracy == epochs[-1].eval_accuracy == run.last_accuracy
    assert run.test_accuracy == by_hand_accuracy(run.config, files.checkpoint("last"), "test")
    assert files.load_predictions("validation") is None
    predictions = files.load_predictions("test")
    assert predictions is not None
    assert predictions.epoch == 5
    assert LOG_EPOCH.findall((files.folder / "train.log").read_text())[0][1] == "Test"


def test_a_refit_trains_on_all_images_chooses_nothing_and_reads_the_test_set_once(store: RunStore) -> None:
    chosen = executed(store, tiny_config(epochs=3, limit_train=None))
    run = executed(store, refit_config(chosen))
    epochs, files = store.epochs(run.id), files_of(store, run)
    assert (run.state, run.name, run.epochs_done) == (RunState.COMPLETED, "tiny refit", 3)
    assert (chosen.train_images, run.train_images) == (1_350, 1_500)
    assert (run.best_epoch, run.best_accuracy, run.chosen_epoch) == (None, None, 3)
    assert {(metrics.split, metrics.eval_count) for metrics in epochs} == {("train", 64)}
    last = files.checkpoint("last")
    assert run.test_accuracy == by_hand_accuracy(run.config, last, "test")
    assert run.clean_train_accuracy == pytest.approx(by_hand_accuracy(run.config, last, "train"))
    assert not files.checkpoint("best").exists()
    assert files.load_predictions("validation") is None
    predictions = files.load_predictions("test")
    assert predictions is not None
    assert predictions.epoch == 3
    watched = store.watched(run.id)
    assert watched is not None
    assert watched.split == "train"
    assert "Test set" not in (files.folder / "train.log").read_text()
    assert "Training set, clean: Average loss" in (files.folder / "train.log").read_text()


def test_only_a_completed_run_that_held_images_out_is_refitted(store: RunStore) -> None:
    for config in (tiny_config(epochs=1, protocol="seed"), tiny_config(epochs=1, protocol="refit")):
        with pytest.raises(SpecError, match=r'only a completed run of protocol "validation"'):
            refit_config(executed(store, config))
    stopped = executed(store, tiny_config(), RunListener(should_stop=lambda: True))
    with pytest.raises(SpecError, match="is interrupted"):
        refit_config(stopped)
    deleted = executed(store, tiny_config(epochs=1))
    store.delete([deleted.id])
    with pytest.raises(SpecError, match="was deleted: restore it to refit it"):
        refit_config(store.get(deleted.id))


def test_equal_runs_have_equal_figures_and_another_seed_has_others(store: RunStore) -> None:
    config = tiny_config(augmentation=find_augmentation("assignment").spec)
    first = executed(store, config)
    torch.manual_seed(77)
    second = executed(store, config)
    other = executed(store, tiny_config(augmentation=find_augmentation("assignment").spec, seed=1))
    assert timeless(store.epochs(first.id)) == timeless(store.epochs(second.id))
    assert timeless(store.epochs(first.id)) != timeless(store.epochs(other.id))
    weights = [load_checkpoint(files_of(store, run).checkpoint("last")).network for run in (first, second)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


# Stopping


def test_a_person_s_stop_ends_the_run_within_a_moment(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    asked: list[float] = []

    def ask() -> None:
        with closing(RunStore(folder=store.folder)) as other:
            other.request_stop(claim.run_id)
        asked.append(time.monotonic())

    def after_the_second(metrics: EpochMetrics) -> None:
        if metrics.epoch == 2:
            threading.Thread(target=ask).start()

    run = execute_run(store, claim, RunListener(on_epoch=after_the_second))
    assert time.monotonic() - asked[0] < 30
    assert (run.state, run.error, run.progress, run.test_accuracy) == (RunState.STOPPED, None, None, None)
    assert 2 <= run.epochs_done < 2000
    assert [metrics.epoch for metrics in store.epochs(run.id)] == list(range(1, run.epochs_done + 1))
    assert load_checkpoint(files_of(store, run).checkpoint("last")).epoch == run.epochs_done


def test_a_stop_asked_for_before_the_first_batch_ends_the_run_there(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    store.request_stop(claim.run_id)
    run = execute_run(store, claim)
    assert (run.state, run.epochs_done, store.epochs(run.id)) == (RunState.STOPPED, 0, [])


def test_a_program_that_closes_leaves_an_interrupted_run(store: RunStore) -> None:
    epochs: list[EpochMetrics] = []
    run = executed(
        store, tiny_config(epochs=2000), RunListener(on_epoch=epochs.append, should_stop=lambda: len(epochs) == 2)
    )
    assert (run.state, run.error, run.epochs_done) == (
        RunState.INTERRUPTED,
        "The program that trained it was closed.",
        2,
    )


def test_a_program_that_closes_while_a_person_stops_leaves_a_stopped_run(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    store.request_stop(claim.run_id)
    assert execute_run(store, claim, RunListener(should_stop=lambda: True)).state == RunState.STOPPED


def test_who_lost_its_run_leaves_without_a_trace(store: RunStore) -> None:
    claim = store.start(tiny_config(epochs=2000))
    taken: list[Run] = []

    def take_over(metrics: EpochMetrics) -> None:
        if not taken:
            with closing(sqlite3.connect(store.folder / "runs.db")) as connection, connection:
                connection.execute("UPDATE run SET fence = fence + 1")
            taken.append(store.get(claim.run_id))

    run = execute_run(store, claim, RunListener(on_epoch=take_over))
    assert taken == [run]
    assert run.state == RunState.RUNNING
    assert [metrics.epoch for metrics in store.epochs(run.id)] == [1]


# Failing


def test_missing_images_fail_the_run_with_their_sentence(store: RunStore, no_cifar10: Path) -> None:
    run = executed(store, tiny_config(dataset="cifar10"))
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert run.error.startswith(f"CIFAR-10 is not in {no_cifar10}: run `python -m cifar_core data fetch`")


@pytest.mark.parametrize("blocked", ["", "checkpoints"])
def test_a_folder_that_cannot_be_written_fails_the_run_and_is_named(store: RunStore, blocked: str) -> None:
    claim = store.start(tiny_config())
    path = store.run_folder(claim.run_id) / blocked
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way")
    run = execute_run(store, claim)
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert str(store.run_folder(run.id)) in run.error
    assert "cannot be" in run.error


def test_a_disk_that_fills_up_fails_the_run_and_keeps_the_epochs(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def fill(metrics: EpochMetrics) -> None:
        def full(*arguments: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        if metrics.epoch == 2:
            monkeypatch.setattr(os, "replace", full)

    run = executed(store, tiny_config(epochs=5), RunListener(on_epoch=fill))
    monkeypatch.setattr(os, "replace", real)
    path, previous = files_of(store, run).checkpoint("last"), files_of(store, run).checkpoint("previous")
    assert (run.state, run.error) == (RunState.FAILED, f"{previous} cannot be written: No space left on device.")
    assert [metrics.epoch for metrics in store.epochs(run.id)] == [1, 2]
    assert load_checkpoint(path).epoch == 2


def test_a_diverging_run_is_told_from_a_failed_one(store: RunStore) -> None:
    def poison(progress: StepProgress) -> None:
        if progress.epoch == 2:
            raise DivergedError("The loss became nan in epoch 2: try a lower learning rate.")

    run = executed(store, tiny_config(epochs=3), RunListener(on_progress=poison))
    assert (run.state, run.error) == (
        RunState.DIVERGED,
        "The loss became nan in epoch 2: try a lower learning rate.",
    )
    assert run.epochs_done == 1


def test_a_loss_that_explodes_is_a_diverged_run(store: RunStore) -> None:
    base = tiny_config(epochs=20, optimizer=Sgd(learning_rate=10, momentum=0.99, weight_decay=0.99))
    linear = {
        "name": "linear",
        "nodes": [{"type": "conv", "out_channels": 8, "stride": 4}],
        "head": [{"type": "flatten"}, {"type": "linear", "out_features": 10}],
    }
    run = executed(store, base.changed(architecture=linear))
    assert run.state == RunState.DIVERGED
    assert run.error is not None
    assert "try a lower learning rate" in run.error


def test_what_nobody_expected_fails_the_run_and_the_log_keeps_the_traceback(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> str:
        return str(1 // 0)

    monkeypatch.setattr(experiment, "train", broken)
    run = executed(store, tiny_config())
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert run.error.startswith("ZeroDivisionError: ")
    log = "\n".join(files_of(store, run).log_tail(40))
    assert log.startswith("Traceback (most recent call last):")
    assert "in broken" in log


def test_a_store_that_fails_for_a_moment_fails_the_run_but_not_its_end(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*arguments: object) -> None:
        raise StoreError("The run store cannot be used: database is locked.")

    monkeypatch.setattr(store, "report_epoch", locked)
    run = executed(store, tiny_config())
    assert (run.state, run.error) == (RunState.FAILED, "The run store cannot be used: database is locked.")


def test_a_gpu_that_is_not_there_fails_the_run(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run = executed(store, tiny_config(device="cuda"))
    assert (run.state, run.error is not None and "no GPU" in run.error) == (RunState.FAILED, True)


def test_queued_run_with_an_unreadable_configuration_fails(own_store: Path) -> None:
    store = RunStore()
    run = store.enqueue(tiny_config())
    with sqlite3.connect(own_store / "runs.db") as connection:
        connection.execute("UPDATE run SET config_json = '{'")
    claim = store.claim_next()
    assert claim is not None
    with pytest.raises(StoreError, match="cannot be read"):
        execute_run(store, claim)
    with sqlite3.connect(own_store / "runs.db") as connection:
        assert connection.execute("SELECT id, state FROM run").fetchall() == [(run.id, "failed")]


def test_end_is_told_again_when_the_store_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    store, tries = RunStore(), []
    real = store.report_end

    def away_twice(*arguments: Any) -> None:
        tries.append(arguments)
        if len(tries) < 3:
            raise StoreError("The database is locked.")
        real(*arguments)

    monkeypatch.setattr(store, "report_end", away_twice)
    monkeypatch.setattr(experiment, "PAUSES", (0.0, 0.0, 0.0))
    assert execute_run(store, store.start(tiny_config())).state == RunState.COMPLETED
    assert len(tries) == 3
