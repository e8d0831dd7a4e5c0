from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cifar_core.errors import DataError, StoreError
from cifar_core.files import write_atomically
from cifar_core.runs import Run, RunFiles, RunState, RunStore
from cifar_core.runs.evaluation import TrainedNetwork, predict_split, stored_or_new_predictions
from cifar_core.runs.experiment import RunListener, execute_run
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.metrics import EpochMetrics
from tests.tiny import tiny_architecture, tiny_config


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


@pytest.fixture
def interrupted(store: RunStore) -> Run:
    """A run that ended after one epoch, before anything was predicted."""
    epochs: list[EpochMetrics] = []
    listener = RunListener(on_epoch=epochs.append, should_stop=lambda: len(epochs) == 1)
    return execute_run(store, store.start(tiny_config(epochs=50)), listener)


def files_of(store: RunStore, run: Run) -> RunFiles:
    return RunFiles(store.run_folder(run.id))


def test_a_run_that_was_cut_short_can_be_evaluated(store: RunStore, interrupted: Run) -> None:
    assert (interrupted.state, interrupted.test_accuracy) == (RunState.INTERRUPTED, None)
    validation = predict_split(store, interrupted, "validation")
    assert validation.accuracy == interrupted.best_accuracy
    assert store.get(interrupted.id).test_accuracy is None
    test = predict_split(store, interrupted, "test")
    assert (test.epoch, len(test.targets)) == (1, 64)
    after = store.get(interrupted.id)
    assert (after.test_accuracy, after.state) == (test.accuracy, RunState.INTERRUPTED)


def test_predictions_are_worked_out_once(store: RunStore, interrupted: Run) -> None:
    first = stored_or_new_predictions(store, interrupted, "test")
    files_of(store, interrupted).checkpoint("best").unlink()
    second = stored_or_new_predictions(store, interrupted, "test")
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_predictions_of_a_run_that_went_on_since_are_worked_out_anew(store: RunStore, interrupted: Run) -> None:
    first = stored_or_new_predictions(store, interrupted, "test")
    claim = store.resume_here(interrupted.id)
    epochs: list[EpochMetrics] = []
    better = RunListener(on_epoch=epochs.append, should_stop=lambda: bool(epochs) and epochs[-1].epoch == 8)
    after = execute_run(store, claim, better)
    assert (first.epoch, after.state) == (1, RunState.INTERRUPTED)
    assert after.chosen_epoch > 1, "it learned something"
    assert after.test_accuracy is None
    again = stored_or_new_predictions(store, after, "test")
    assert again.epoch == after.chosen_epoch
    assert store.get(after.id).test_accuracy == again.accuracy


def test_a_missing_checkpoint_is_a_sentence(store: RunStore) -> None:
    run = store.enqueue(tiny_config())
    with pytest.raises(StoreError, match=r"has no finished epoch, and so no weights to predict with\.$"):
        predict_split(store, run, "test")
    with pytest.raises(StoreError, match=r"best\.pt is missing: this run has no such checkpoint\.$"):
        predict_split(store, replace(run, epochs_done=1), "test")


def test_a_damaged_checkpoint_is_a_sentence(store: RunStore, interrupted: Run) -> None:
    for name in ("best", "last"):
        path = files_of(store, interrupted).checkpoint(name)
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StoreError, match=r"best\.pt is damaged"):
        predict_split(store, interrupted, "test")


def test_damaged_predictions_are_a_sentence(store: RunStore, interrupted: Run) -> None:
    predict_split(store, interrupted, "test")
    path = files_of(store, interrupted).predictions_path("test")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StoreError, match=r"predictions-test\.npz is damaged: delete it and evaluate the run again\.$"):
        stored_or_new_predictions(store, interrupted, "test")
    path.unlink()
    assert stored_or_new_predictions(store, interrupted, "test").epoch == 1


def test_a_checkpoint_of_another_network_is_a_sentence(store: RunStore, interrupted: Run) -> None:
    wide = tiny_config().changed(architecture=tiny_architecture(width=12).model_dump(), training=_one_epoch())
    other = execute_run(store, store.start(wide))
    shutil.copy(files_of(store, other).checkpoint("best"), files_of(store, interrupted).checkpoint("best"))
    with pytest.raises(StoreError, match=r"best\.pt holds the weights of another network\.$"):
        predict_split(store, interrupted, "test")


@pytest.mark.parametrize("network", [{}, {"weight": torch.zeros(3)}, {"body.C1_1.conv.weight": 3}, [1, 2], None])
def test_a_checkpoint_without_the_weights_is_a_sentence(store: RunStore, interrupted: Run, network: object) -> None:
    path = files_of(store, interrupted).checkpoint("best")
    write_atomically(path, checkpoint_bytes(Checkpoint(1, network, {})))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"best\.pt holds the weights of another network\.$"):
        TrainedNetwork(store, interrupted)


def test_a_stop_while_predicting_stores_nothing(store: RunStore, interrupted: Run) -> None:
    with pytest.raises(StopRequested):
        predict_split(store, interrupted, "test", should_stop=lambda: True)
    assert files_of(store, interrupted).load_predictions("test") is None
    assert store.get(interrupted.id).test_accuracy is None


def test_missing_images_are_a_sentence(store: RunStore, no_cifar10: Path) -> None:
    run = store.enqueue(tiny_config(dataset="cifar10"))
    with pytest.raises(DataError, match="CIFAR-10 is not in"):
        predict_split(store, run, "test")


def test_a_trained_network_answers_with_probabilities_for_any_images(store: RunStore, interrupted: Run) -> None:
    network = TrainedNetwork(store, interrupted)
    images = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    first, second = network.probabilities(images), network.probabilities(images)
    assert torch.equal(first, second)
    assert first.shape == (3, 10)
    torch.testing.assert_close(first.sum(dim=1), torch.ones(3))
    assert network.epoch == 1


def _one_epoch() -> dict[str, object]:
    return tiny_config(epochs=1).training.model_dump()
