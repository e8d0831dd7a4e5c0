"""Predictions of a run's chosen checkpoint, computed once and kept."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cifar_core.architecture.build import build_network
from cifar_core.data import dataset_info
from cifar_core.errors import SpecError, StoreError
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs.records import Run
from cifar_core.runs.run_data import RunData, load_run_data
from cifar_core.runs.run_files import Predictions, RunFiles
from cifar_core.runs.store import RunStore
from cifar_core.training.batches import Normalize
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.device import resolve_device
from cifar_core.training.evaluate import predict_logits


class TrainedNetwork:
    """A run's network with the weights that its accuracy stands for."""

    def __init__(self, store: RunStore, run: Run, device_name: str = "auto") -> None:
        """Loads it: the validation-chosen checkpoint, or the last one under the seed's protocol.

        Args:
            store: where the run lies.
            run: any with a finished epoch.
            device_name: where to compute. A run evaluates where it trained; later the place may be another one, since
                a run from a GPU host opens on a laptop too.

        Raises:
            SpecError: there is no such device here.
            StoreError: the checkpoint is missing, damaged, or of another network.
        """
        if not run.epochs_done:
            raise StoreError(f"Run {run.id} has no finished epoch, and so no weights to predict with.")
        files, info = RunFiles(store.run_folder(run.id)), dataset_info(run.config.dataset)
        which = "last" if run.config.training.protocol == "seed" else "best"
        checkpoint = load_checkpoint(files.checkpoint(which))
        self.epoch = checkpoint.epoch
        device = resolve_device(device_name)
        self.network = build_network(run.config.architecture)
        try:
            self.network.load_state_dict(checkpoint.network)
        except (RuntimeError, TypeError):  # TypeError: what stands in the weights' place is no mapping
            raise StoreError(f"{files.checkpoint(which)} holds the weights of another network.") from None
        self.network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._normalize = Normalize(info.mean, info.std, device)

    def probabilities(self, images: Tensor, should_stop: Callable[[], bool] = lambda: False) -> Tensor:
        """Class probabilities float32 [N, num_classes] for uint8 images [N, H, W, C].

        Raises:
            StopRequested: `should_stop()` returned true between two batches.
        """
        return predict_logits(self.network, images, self._normalize, should_stop).softmax(dim=1)


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


def stored_or_new_predictions(store: RunStore, run: Run, split: EvaluationSplit) -> Predictions:
    """The stored predictions, computed now if there are none.

    Raises:
        SpecError: the run is not over yet, or its protocol holds no such images out; else as `predict_split`.
    """
    if not run.state.is_over:
        # What is computed is kept as the run's test accuracy, and the run would go on to a better checkpoint.
        raise SpecError(f"Run {run.id} is {run.state}: it can be evaluated once it is over.")
    if split == "validation" and run.config.training.protocol == "seed":
        raise SpecError(f"Run {run.id} was trained under the seed's protocol: it has no validation images.")
    stored = RunFiles(store.run_folder(run.id)).load_predictions(split)
    if stored is None:
        return predict_split(store, run, split)
    if split == "test" and run.test_accuracy is None:
        # Whoever computed them ended between the file and the row.
        store.record_test_accuracy(run.id, stored.accuracy)
    return stored
