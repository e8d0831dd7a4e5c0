"""A run that nothing happens to, and everything that it leaves."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score

from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import CutMix, MixUp, RandomCrop
from cifar_core.runs import RunConfig, RunState, RunStore
from cifar_core.runs.experiment import RunListener
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import Sgd
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.metrics import EpochMetrics
from tests.runs.executing import by_hand_accuracy, executed, files_of, timeless
from tests.tiny import tiny_config

LOG_EPOCH = re.compile(
    r"Epoch (\d+)\n"
    r"Train loss=\d+\.\d{4} batch_id=3 Accuracy=\d+\.\d{2}\n"
    r"(Validation|Test) set: Average loss: (\d+\.\d{4}), Accuracy: (\d+)/64 \(\d+\.\d{2}%\)\n\n"
)


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
