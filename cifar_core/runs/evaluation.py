"""Predictions of a run's chosen checkpoint, computed once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from cifar_core.architecture.build import build_network
from cifar_core.data import dataset_info
from cifar_core.errors import SpecError, StoreError
from cifar_core.protocol import EvaluationSplit, predicted_splits
from cifar_core.runs.checkpoints import RunCheckpoints
from cifar_core.runs.config import RunConfig
from cifar_core.runs.records import Run
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.runs.run_files import CheckpointName, Predictions, RunFiles
from cifar_core.runs.store import RunStore
from cifar_core.training.batches import Normalize
from cifar_core.training.device import resolve_device
from cifar_core.training.evaluate import predict_logits


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """The weights that a run's accuracy stands for, and the file that holds them."""

    state: dict[str, Any]
    """`state_dict` of the network."""
    epoch: int
    path: Path


def stored_weights(files: RunFiles, run: Run) -> StoredWeights:
    """Reads the validation-chosen checkpoint, or the last one where the last epoch counts.

    An unpacked run has those weights alone.

    Raises:
        StoreError: there is none, or it is damaged.
    """
    if not run.epochs_done:
        raise StoreError(f"Run {run.id} has no finished epoch, and so no weights to predict with.")
    which: CheckpointName = "best" if run.config.training.protocol == "validation" else "last"
    if files.weights_path.exists():
        return StoredWeights(_unpacked_weights(files.weights_path), run.chosen_epoch, files.weights_path)
    checkpoint = RunCheckpoints(files).of_epoch(run.chosen_epoch, which)
    return StoredWeights(checkpoint.weights, checkpoint.epoch, files.checkpoint(which))


def _unpacked_weights(path: Path) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = load_safetensors(path.read_bytes())
        return state
    except Exception:  # its own error, OSError, and whatever else damaged bytes end in
        raise StoreError(f"{path} is damaged: delete the run and unpack it again.") from None


class TrainedNetwork:
    """A run's network with the weights that its accuracy stands for."""

    def __init__(self, store: RunStore, run: Run, device_name: str = "auto") -> None:
        """Loads it: the validation-chosen checkpoint, or the last one where the last epoch counts.

        Args:
            store: where the run lies.
            run: any with a finished epoch.
            device_name: where to compute. A run evaluates where it trained; later the place may be another one, since
                a run from a GPU host opens on a laptop too.

        Raises:
            SpecError: there is no such device here.
            StoreError: the checkpoint is missing, damaged, or of another network.
        """
        self._load(run.config, stored_weights(RunFiles(store.run_folder(run.id)), run), device_name)

    @classmethod
    def of_weights(cls, config: RunConfig, weights: StoredWeights, device_name: str = "auto") -> Self:
        """A run's network with weights that lie in no store.

        Raises:
            SpecError: there is no such device here.
            StoreError: the weights are those of another network.
        """
        network = cls.__new__(cls)
        network._load(config, weights, device_name)
        return network

    def _load(self, config: RunConfig, stored: StoredWeights, device_name: str) -> None:
        info, device = dataset_info(config.dataset), resolve_device(device_name)
        self.epoch = stored.epoch
        self.network = build_network(config.architecture)
        try:
            self.network.load_state_dict(stored.state)
        except (RuntimeError, TypeError):  # TypeError: what stands in the weights' place is no mapping
            raise StoreError(f"{stored.path} holds the weights of another network.") from None
        self.network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        # For good: several pages may predict with it at once, and whoever ends first would put training mode back.
        self.network.eval()
        self.normalize = Normalize(info.mean, info.std, device)

    def probabilities(self, images: Tensor, should_stop: Callable[[], bool] = lambda: False) -> Tensor:
        """Class probabilities float32 [N, num_classes] for uint8 images [N, H, W, C].

        Raises:
            StopRequested: `should_stop()` returned true between two batches.
        """
        return predict_logits(self.network, images, self.normalize, should_stop).softmax(dim=1)


def predict_split(
    store: RunStore,
    run: Run,
    split: EvaluationSplit,
    network: TrainedNetwork | None = None,
    data: RunData | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Predictions:
    """Predicts a run's validation or test images and stores the result; the test accuracy goes onto the run's row.

    Args:
        store: where the run lies.
        run: any with a finished epoch.
        split: which images.
        network: the run's, if it is loaded already.
        data: the run's, if it is loaded already.
        should_stop: asked between batches.

    Raises:
        StoreError: the checkpoint cannot be read, or the result not be written.
        DataError: the run's data set is not at hand.
        StopRequested: as `TrainedNetwork.probabilities`.
    """
    data = data or load_run_data(run.config)
    network = network or TrainedNetwork(store, run)
    images, index = data.part(split)
    probabilities = network.probabilities(images.images, should_stop).numpy()
    predictions = Predictions(index, images.targets.numpy(), probabilities, network.epoch)
    RunFiles(store.run_folder(run.id)).save_predictions(split, predictions)
    if split == "test":
        store.record_test_accuracy(run.id, predictions.accuracy)
    return predictions


def stored_or_new_predictions(
    store: RunStore, run: Run, split: EvaluationSplit, network: TrainedNetwork | None = None
) -> Predictions:
    """The stored predictions of the run's weights, computed now if there are none.

    Args:
        store: where the run lies.
        run: one that is over.
        split: which images.
        network: the run's, if it is loaded already.

    Raises:
        SpecError: the run is not over yet, or its protocol holds no such images out; else as `predict_split`.
    """
    if not run.state.is_over:
        # What is computed is kept as the run's test accuracy, and the run would go on to a better checkpoint.
        raise SpecError(f"Run {run.id} is {run.state}: it can be evaluated once it is over.")
    if split not in predicted_splits(run.config.training.protocol):
        raise SpecError(
            f'Run {run.id} was trained under the protocol "{run.config.training.protocol}": it has no {split} images.'
        )
    stored = RunFiles(store.run_folder(run.id)).load_predictions(split)
    if stored is None or stored.epoch != run.chosen_epoch:  # a run that went on has other weights by now
        predictions = predict_split(store, run, split, network)
        store.measure_sizes([run.id])
        return predictions
    if split == "test" and run.test_accuracy is None:
        # Whoever computed them ended between the file and the row.
        store.record_test_accuracy(run.id, stored.accuracy)
    return stored


def mirrored_accuracy(store: RunStore, run: Run, split: EvaluationSplit, predictions: Predictions) -> float:
    """The accuracy in 0..1 where each image's probabilities are averaged with those of its mirror image.

    It is another figure than a run's accuracy, and not stored: the network answers twice for each image.

    Args:
        store: where the run lies.
        run: one that is over.
        split: which images.
        predictions: of the run's weights, of the same split.

    Raises:
        StoreError: the checkpoint cannot be read.
        DataError: the run's data set is not at hand.
    """
    images, _ = load_run_data(run.config).part(split)
    mirrored = TrainedNetwork(store, run).probabilities(images.images.flip(2)).numpy()
    answers = (predictions.probabilities.astype(np.float32) + mirrored).argmax(axis=1)
    return float((answers == predictions.targets).mean())
