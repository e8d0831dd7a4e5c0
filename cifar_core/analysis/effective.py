"""Effective receptive fields of a network as it is initialised, and as a run trained it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import build_seeded
from cifar_core.architecture.effective import EffectiveField, effective_field
from cifar_core.data import ImageDataset
from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.training.batches import Normalize

NUM_IMAGES = 16
_ENDED = (RunState.COMPLETED, RunState.STOPPED, RunState.INTERRUPTED)


def initial_field(spec: ArchitectureSpec, dataset: ImageDataset, seed: int = 0) -> EffectiveField:
    """The effective field of freshly initialised weights, over the first training images.

    Raises:
        SpecError: it cannot be measured.
    """
    return effective_field(build_seeded(spec, seed), spec, _images(spec, dataset))


def trained_field(store: RunStore, run: Run, dataset: ImageDataset) -> EffectiveField:
    """The effective field of a run's chosen checkpoint, over the same images.

    Raises:
        SpecError: it cannot be measured.
        StoreError: the run's weights cannot be read.
    """
    network = TrainedNetwork(store, run, "cpu").network
    return effective_field(network, run.config.architecture, _images(run.config.architecture, dataset))


def runs_of_network(store: RunStore, spec: ArchitectureSpec, limit: int = 50) -> list[Run]:
    """Runs with weights of this network, whatever it is called; the newest first.

    Args:
        store: where to look.
        spec: the network.
        limit: of the newest runs that are looked at.
    """
    recent: Sequence[Run] = store.list_runs(limit=limit, states=_ENDED)
    return [run for run in recent if run.epochs_done and run.config.architecture.changed(name=spec.name) == spec]


def _images(spec: ArchitectureSpec, dataset: ImageDataset) -> Tensor:
    side = dataset.train.images.shape[1]
    if (spec.input.channels, spec.input.size) != (3, side):
        raise SpecError(
            f"The network reads images of {spec.input.channels} x {spec.input.size} x {spec.input.size}: its effective "
            f"field is measured on those of the data set, 3 x {side} x {side}."
        )
    images = torch.from_numpy(dataset.train.images[:NUM_IMAGES])
    return Normalize(dataset.mean, dataset.std, torch.device("cpu"))(images)
