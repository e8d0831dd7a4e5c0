"""Networks that analysis can ask, without a run behind them."""

from __future__ import annotations

import torch

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import build_seeded
from cifar_core.data import dataset_info
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.training.batches import Normalize


def untrained(spec: ArchitectureSpec, seed: int = 0) -> TrainedNetwork:
    """A network with its first weights, as if a run on digits had kept them."""
    info = dataset_info("digits")
    network: TrainedNetwork = object.__new__(TrainedNetwork)
    network.network = build_seeded(spec, seed).eval()
    network.normalize = Normalize(info.mean, info.std, torch.device("cpu"))
    network.epoch = 1
    return network
