"""The tiny network trained on 256 digits by the loop under test."""

from __future__ import annotations

import torch
from torch import Tensor

from cifar_core.architecture.build import CompactNetwork
from cifar_core.training import TrainingSpec
from cifar_core.training.batches import Augment, TrainingData
from cifar_core.training.loop import train
from tests.tiny import Recorder, flip_some, tiny_data, tiny_network

CPU = torch.device("cpu")
DATA = tiny_data()


def trained(
    spec: TrainingSpec, augment: Augment = flip_some, observer: Recorder | None = None, data: TrainingData = DATA
) -> CompactNetwork:
    network = tiny_network(spec.seed)
    train(network, data, spec, CPU, augment, observer or Recorder())
    return network


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
